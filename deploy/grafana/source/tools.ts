// Which tool is called how often, and how it ends.
import { type Dashboard, type Panel, pick, quantile } from './panel.ts';

const HERE = ['endpoint=~"$endpoint"', 'tool=~"$tool"'];

const rateOf = (...matchers: readonly string[]): string =>
  `rate(${pick('mcp_gateway_tool_calls_total', ...HERE, ...matchers)}[$__rate_interval])`;

/** Calls per second, by these labels. */
const calls = (by: string, ...matchers: readonly string[]): string => `sum by (${by}) (${rateOf(...matchers)})`;

const FAILED = 'kind=~"upstream_failed|upstream_slow|no_instance|quota_unavailable|overloaded|draining|internal"';

const durations: readonly Panel[] = [
  {
    title: 'Duration of calls',
    description:
      'All calls of tools together: histograms do not carry the tool, or they would be thousands of series. For one tool, look at traces or at durationMs in the audit trail.',
    kind: 'lines',
    unit: 's',
    queries: [0.5, 0.95, 0.99].map((share) => ({
      expr: quantile(share, '', 'mcp_gateway_request_duration_seconds', 'method="tools/call"'),
      legend: `p${share * 100}`,
    })),
  },
  {
    title: 'Duration of calls by upstream, p95',
    description: 'How long upstreams take for calls of tools. A slow tool shows as the upstream that has it.',
    kind: 'lines',
    unit: 's',
    queries: [
      {
        expr: quantile(0.95, ', upstream', 'mcp_client_operation_duration_seconds', 'mcp_method_name="tools/call"'),
        legend: '{{upstream}}',
      },
    ],
  },
];

export const tools: Dashboard = {
  uid: 'tollgate-tools',
  title: 'Tollgate: per tool',
  description:
    'Which tool is called how often, and how its calls end. A tool that no upstream lists is counted as other.',
  variables: [
    { name: 'endpoint', label: 'Endpoint', query: 'label_values(mcp_gateway_tool_calls_total{job=~"$job"}, endpoint)' },
    {
      name: 'tool',
      label: 'Tool',
      query: 'label_values(mcp_gateway_tool_calls_total{job=~"$job", endpoint=~"$endpoint"}, tool)',
    },
  ],
  rows: [
    {
      title: 'Calls',
      panels: [
        {
          title: 'Calls by tool',
          description: 'The fifteen tools that are called most.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [{ expr: `topk(15, ${calls('tool')})`, legend: '{{tool}}' }],
        },
        {
          title: 'Outcomes',
          description: 'How calls of the chosen tools end.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [{ expr: calls('outcome'), legend: '{{outcome}}' }],
        },
        {
          title: 'Refused calls by tool and kind',
          description: 'Which tools are refused, and why.',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: calls('tool, kind', 'outcome="refused"'), legend: '{{tool}} {{kind}}' }],
        },
        {
          title: 'Share of failed calls by tool',
          description:
            'Calls that broke off or that the upstream or the gateway failed; without what clients got wrong.',
          kind: 'lines',
          unit: 'percentunit',
          queries: [
            {
              expr: `(sum by (tool) (${rateOf(FAILED)} or ${rateOf('outcome="cut"')}) or 0 * ${calls('tool')}) / ${calls('tool')}`,
              legend: '{{tool}}',
            },
          ],
        },
        {
          title: 'Errors of upstreams by tool',
          description: 'Calls that the upstream answered with a JSON-RPC error.',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: calls('tool', 'outcome="answered_error"'), legend: '{{tool}}' }],
        },
        {
          title: 'Results that say isError',
          description: 'Tools that ran and failed in their own words; by method, not by tool.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (mcp_method_name) (rate(${pick('mcp_server_operation_duration_seconds_count', 'error_type="tool_error"')}[$__rate_interval]))`,
              legend: '{{mcp_method_name}}',
            },
          ],
        },
      ],
    },
    { title: 'Time', panels: durations },
    {
      title: 'All tools',
      panels: [
        {
          title: 'Calls in the range that is shown',
          description: 'By endpoint, tool and outcome.',
          kind: 'table',
          unit: 'short',
          width: 24,
          queries: [
            {
              expr: `sum by (endpoint, tool, outcome, kind) (increase(${pick('mcp_gateway_tool_calls_total', ...HERE)}[$__range])) > 0`,
              legend: '',
            },
          ],
        },
      ],
    },
  ],
};
