// The first thing to look at: does it work, how fast, who is refused, is it busy.
import { type Dashboard, pick, quantile, rate, rateBy } from './panel.ts';
import { processes } from './processes.ts';

const JUDGED = 'job:mcp_gateway_judged:rate5m{job=~"$job"}';
const CALLS = 'method!="subscriptions/listen"';

export const overview: Dashboard = {
  uid: 'tollgate-overview',
  title: 'Tollgate: overview',
  description: 'Whether the gateway works, how fast it is, who is refused and how busy it is.',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Replicas',
          description: 'Replicas whose admin listener answered the last scrape.',
          kind: 'numbers',
          unit: 'none',
          width: 3,
          greenFrom: 1,
          queries: [{ expr: 'sum(up{job=~"$job", instance=~"$instance"})', legend: 'up' }],
        },
        {
          title: 'Alerts',
          description: 'Alerts of the gateway that fire now; each names its page in docs/runbooks.',
          kind: 'numbers',
          unit: 'none',
          width: 3,
          redFrom: 1,
          queries: [
            {
              expr: 'count(ALERTS{alertname=~"Tollgate.*", alertstate="firing"}) or vector(0)',
              legend: 'firing',
            },
          ],
        },
        {
          title: 'Requests',
          description: 'Requests that ended, per second, refused ones included.',
          kind: 'numbers',
          unit: 'reqps',
          width: 3,
          queries: [{ expr: rate('mcp_gateway_requests_total'), legend: 'requests' }],
        },
        {
          title: 'Answered',
          description:
            'Share of the requests that deserved an answer and got one, over five minutes; what clients got wrong does not count.',
          kind: 'numbers',
          unit: 'percentunit',
          width: 4,
          greenFrom: 0.999,
          queries: [
            {
              expr: `1 - sum(job:mcp_gateway_failures:rate5m{job=~"$job"}) / sum(${JUDGED})`,
              legend: 'answered',
            },
          ],
        },
        {
          title: 'Refused',
          description: 'Refusals per second, of any kind, those of bytes that never became a request included.',
          kind: 'numbers',
          unit: 'reqps',
          width: 3,
          queries: [{ expr: rate('mcp_gateway_refusals_total'), legend: 'refused' }],
        },
        {
          title: 'Overhead p99',
          description: 'What the gateway itself adds to one request in a hundred, at least.',
          kind: 'numbers',
          unit: 's',
          width: 4,
          redFrom: 0.1,
          queries: [{ expr: quantile(0.99, '', 'mcp_gateway_overhead_seconds'), legend: 'p99' }],
        },
        {
          title: 'Open',
          description: 'Requests and streams that are open.',
          kind: 'numbers',
          unit: 'none',
          width: 4,
          queries: [{ expr: `sum(${pick('mcp_gateway_requests_in_flight')})`, legend: 'open' }],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests by outcome',
          description:
            'answered_error is an error the upstream sent; cut is an upstream that broke off; client_left a client that did not wait.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [{ expr: rateBy('outcome', 'mcp_gateway_requests_total'), legend: '{{outcome}}' }],
        },
        {
          title: 'Refusals by kind',
          description: 'docs/refusals.md says what each kind means and what the caller should do.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [{ expr: rateBy('kind', 'mcp_gateway_refusals_total'), legend: '{{kind}}' }],
        },
        {
          title: 'Requests by method',
          description: 'none: refused before the method could be read.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [{ expr: rateBy('method', 'mcp_gateway_requests_total'), legend: '{{method}}' }],
        },
        {
          title: 'Requests by endpoint',
          description: 'Endpoints are the paths that clients call.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [{ expr: rateBy('endpoint', 'mcp_gateway_requests_total'), legend: '{{endpoint}}' }],
        },
      ],
    },
    {
      title: 'Time and budget',
      panels: [
        {
          title: 'Duration of requests',
          description: 'From the header block to the last byte of the answer, without listening streams.',
          kind: 'lines',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((share) => ({
            expr: quantile(share, '', 'mcp_gateway_request_duration_seconds', CALLS),
            legend: `p${share * 100}`,
          })),
        },
        {
          title: 'Overhead of the gateway',
          description: 'Whole requests less the time spent on upstreams. How slowly a client sends and reads is in it.',
          kind: 'lines',
          unit: 's',
          queries: [0.5, 0.9, 0.99].map((share) => ({
            expr: quantile(share, '', 'mcp_gateway_overhead_seconds'),
            legend: `p${share * 100}`,
          })),
        },
        {
          title: 'Failures',
          description:
            'Share of failures in five minutes, an hour and six: TollgateAvailabilityBurn pages at 1.44 % over an hour or 0.6 % over six.',
          kind: 'lines',
          unit: 'percentunit',
          queries: ['5m', '1h', '6h'].map((window) => ({
            expr: `max(job:mcp_gateway_failure_ratio:rate${window}{job=~"$job"})`,
            legend: window,
          })),
        },
        {
          title: 'Operations by error',
          description:
            'By the OpenTelemetry conventions for MCP: a JSON-RPC code, tool_error, cancelled, or a fault of the upstream. Without error: ok.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('error_type', 'mcp_server_operation_duration_seconds_count', 'error_type!=""'),
              legend: '{{error_type}}',
            },
            { expr: rate('mcp_server_operation_duration_seconds_count', 'error_type=""'), legend: 'ok' },
          ],
        },
      ],
    },
    processes,
  ],
};
