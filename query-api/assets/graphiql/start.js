// Shows GraphiQL with a query that answers something on any database.
const query = `# Payloads that changed last, and their statuses
{
  payloads(pageSize: 5, sortBy: CREATED_AT) {
    count
    items {
      requestId
      orgId
      createdAt
      latestService
      latestStatus
      statuses { date service source status statusMsg }
    }
  }
}
`;
const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
const page = React.createElement(GraphiQL, { fetcher, defaultQuery: query, shouldPersistHeaders: false });
ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
