// Shows GraphiQL with examples as tabs. Each is run by a test.
const now = Date.now();
const day = JSON.stringify({ from: new Date(now - 24 * 3600 * 1000), to: new Date(now) }, null, 2);
const examples = [
  {
    query: `# What began last, how it went, and what was said of it
query Latest {
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
`,
  },
  {
    query: `# What happened to this upload, why, and what else broke like it? Put a request id of yours below, in any form.
query Upload($requestId: String!) {
  payload(requestId: $requestId) {
    outcome
    failure { service source part status date reason }
    services { service source state duration parts { count open bad } }
    statuses(first: 50) { totalCount nodes { date service source status statusMsg } }
    conflicts { attribute value claimant { service date } }
    explain { because fields { name value rule givenBy { service date stream offset } } }
    related(first: 5) { requestId createdAt outcome failure { service reason } }
  }
  alike: payloads(filter: {outcome: {eq: FAILURE}}, first: 10) {
    nodes { requestId createdAt failure { service status reason } }
  }
}
`,
    variables: `{"requestId": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"}`,
  },
  {
    query: `# What fails, what is stuck, and what nobody could read
query Trouble {
  failures: payloads(filter: {outcome: {eq: FAILURE}}, first: 10) {
    totalCount
    nodes { requestId orgId createdAt failure { service source status reason } }
  }
  stuck: payloads(filter: {stalledFor: "PT3600S"}, first: 10) {
    totalCount
    nodes { requestId lastDate latestService latestStatus }
  }
  quarantine(first: 10) {
    totalCount
    nodes { createdAt reason detail topic partition offset }
  }
  freshness { lagRecords lag }
}
`,
  },
  {
    query: `# How the last day went, and who failed most
query Day($from: DateTime!, $to: DateTime!) {
  stats(window: {from: $from, to: $to}) {
    payloads { total success failure inProgress successRate }
    statusCount
    services(first: 5) { service source payloads { failure successRate } }
    buckets(width: HOUR, first: 25) { from payloads { total failure } statusCount }
  }
}
`,
    variables: day,
  },
  {
    query: `# Every status from now on, as it becomes visible. Stop it with the button that started it.
subscription Live {
  statuses {
    ... on NewStatus { cursor status { date requestId service source status statusMsg payload { outcome } } }
    ... on Resync { cursor reason }
  }
}
`,
  },
  {
    query: `# The raw messages, as they came
query Log {
  events(last: 10) {
    nodes { topic partition offset appendedAt value }
    pageInfo { hasPreviousPage startCursor }
  }
}
`,
  },
];
const socket = new URL("/graphql", location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
const fetcher = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: socket.href });
const page = React.createElement(GraphiQL, { fetcher, defaultTabs: examples, shouldPersistHeaders: false });
ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
