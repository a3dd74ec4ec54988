// Shows GraphiQL with a query that answers something on any database.
const query = `# Payloads that began last, how they went, and what their services said
{
  payloads(first: 5) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      requestId
      orgId
      createdAt
      outcome
      failure { service status reason }
      services { service source state duration }
      statuses(first: 20) { nodes { date service source status statusMsg } }
    }
  }
}
`;
const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
const page = React.createElement(GraphiQL, { fetcher, defaultQuery: query, shouldPersistHeaders: false });
ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
