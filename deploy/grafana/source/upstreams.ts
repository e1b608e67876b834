// How the servers behind the gateway are: healthy, fast, or failing, and how.
import { type Dashboard, pick, quantile, rateBy } from './panel.ts';

const HERE = 'upstream=~"$upstream"';
const CALLS = 'mcp_method_name!="subscriptions/listen"';

export const upstreams: Dashboard = {
  uid: 'tollgate-upstreams',
  title: 'Tollgate: upstreams',
  description:
    'Health, load and time of the servers behind the gateway. Server is an instance of an upstream; replica is one of the gateway.',
  variables: [
    {
      name: 'upstream',
      label: 'Upstream',
      query: 'label_values(mcp_gateway_upstream_instance_healthy{job=~"$job"}, upstream)',
    },
  ],
  rows: [
    {
      title: 'Health',
      panels: [
        {
          title: 'Healthy servers',
          description: 'Servers that every replica may pick, and how many there are.',
          kind: 'lines',
          unit: 'none',
          queries: [
            {
              expr: `sum by (upstream) (min by (upstream, exported_instance) (${pick('mcp_gateway_upstream_instance_healthy', HERE)}))`,
              legend: '{{upstream}} healthy',
            },
            {
              expr: `count by (upstream) (min by (upstream, exported_instance) (${pick('mcp_gateway_upstream_instance_healthy', HERE)}))`,
              legend: '{{upstream}} all',
            },
          ],
        },
        {
          title: 'Servers',
          description: '0: at least one replica does not pick it now.',
          kind: 'table',
          unit: 'none',
          queries: [
            {
              expr: `min by (upstream, exported_instance) (${pick('mcp_gateway_upstream_instance_healthy', HERE)})`,
              legend: 'healthy',
            },
            {
              expr: `sum by (upstream, exported_instance) (${pick('mcp_gateway_upstream_requests_in_flight', HERE)})`,
              legend: 'open',
            },
          ],
        },
        {
          title: 'Ejections',
          description: 'Servers taken out because they failed several times in a row, within the range that is shown.',
          kind: 'table',
          unit: 'short',
          queries: [
            {
              expr: `sum by (upstream, exported_instance) (increase(${pick('mcp_gateway_upstream_ejections_total', HERE)}[$__range]))`,
              legend: '',
            },
          ],
        },
        {
          title: 'Name look-ups that failed',
          description: 'The last good addresses stay in use.',
          kind: 'lines',
          unit: 'ops',
          queries: [
            { expr: rateBy('upstream', 'mcp_gateway_upstream_dns_failures_total', HERE), legend: '{{upstream}}' },
          ],
        },
      ],
    },
    {
      title: 'Load and time',
      panels: [
        {
          title: 'Attempts by upstream',
          description: 'A request that is tried again is two attempts.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            { expr: rateBy('upstream', 'mcp_client_operation_duration_seconds_count', HERE), legend: '{{upstream}}' },
          ],
        },
        {
          title: 'Open by server',
          description: 'Requests and streams open at each server, all replicas together.',
          kind: 'lines',
          unit: 'none',
          queries: [
            {
              expr: `sum by (upstream, exported_instance) (${pick('mcp_gateway_upstream_requests_in_flight', HERE)})`,
              legend: '{{upstream}} {{exported_instance}}',
            },
          ],
        },
        {
          title: 'Duration by upstream, median',
          description: 'Without listening streams.',
          kind: 'lines',
          unit: 's',
          queries: [
            {
              expr: quantile(0.5, ', upstream', 'mcp_client_operation_duration_seconds', HERE, CALLS),
              legend: '{{upstream}}',
            },
          ],
        },
        {
          title: 'Duration by upstream, p99',
          description: 'Without listening streams.',
          kind: 'lines',
          unit: 's',
          queries: [
            {
              expr: quantile(0.99, ', upstream', 'mcp_client_operation_duration_seconds', HERE, CALLS),
              legend: '{{upstream}}',
            },
          ],
        },
        {
          title: 'Duration by method, p95',
          description: 'What kind of request is slow.',
          kind: 'lines',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, ', mcp_method_name', 'mcp_client_operation_duration_seconds', HERE, CALLS),
              legend: '{{mcp_method_name}}',
            },
          ],
        },
        {
          title: 'Errors of attempts',
          description:
            'A JSON-RPC code or tool_error: the server answered so. Other words: it gave no answer that could be passed on.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy(
                'upstream, error_type',
                'mcp_client_operation_duration_seconds_count',
                HERE,
                'error_type!=""',
              ),
              legend: '{{upstream}} {{error_type}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Failures',
      panels: [
        {
          title: 'Failed attempts by server and fault',
          description:
            'refused: no connection. slow: not in time. cut: broke off. challenge: it wants a credential. malformed: not an answer to this request.',
          kind: 'stacked',
          unit: 'ops',
          queries: [
            {
              expr: rateBy('upstream, exported_instance, fault', 'mcp_gateway_upstream_attempt_failures_total', HERE),
              legend: '{{upstream}} {{exported_instance}} {{fault}}',
            },
          ],
        },
        {
          title: 'Retries',
          description: 'Requests sent to another server. Only those that cannot have been begun twice are.',
          kind: 'lines',
          unit: 'ops',
          queries: [{ expr: rateBy('upstream', 'mcp_gateway_upstream_retries_total', HERE), legend: '{{upstream}}' }],
        },
        {
          title: 'Requests that failed because of an upstream',
          description: 'What callers saw: no_instance, upstream_failed, upstream_slow.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy(
                'upstream, kind',
                'mcp_gateway_requests_total',
                HERE,
                'kind=~"no_instance|upstream_failed|upstream_slow"',
              ),
              legend: '{{upstream}} {{kind}}',
            },
          ],
        },
        {
          title: 'Answers that were cut off',
          description: 'The upstream broke off in the middle, so nothing could be refused any more.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            { expr: rateBy('upstream', 'mcp_gateway_requests_total', HERE, 'outcome="cut"'), legend: '{{upstream}}' },
          ],
        },
      ],
    },
  ],
};
