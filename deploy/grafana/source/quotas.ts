// What is counted against whom, whether the counting works, and how tasks live.
import { type Dashboard, pick, rate, rateBy } from './panel.ts';

const HERE = 'rule=~"$rule"';

export const quotas: Dashboard = {
  uid: 'tollgate-quotas',
  title: 'Tollgate: quotas and tasks',
  description: 'What quota rules admit and refuse, whether their store answers, and how tasks live.',
  variables: [
    { name: 'rule', label: 'Quota rule', query: 'label_values(mcp_gateway_quota_admissions_total{job=~"$job"}, rule)' },
  ],
  rows: [
    {
      title: 'Quotas',
      panels: [
        {
          title: 'Admissions by rule and outcome',
          description: 'store_allowed and store_denied: the store did not answer, and the rule decided without it.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('rule, outcome', 'mcp_gateway_quota_admissions_total', HERE),
              legend: '{{rule}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Share refused by rule',
          description: 'Always above a few percent: the limit is too low, or somebody does not heed Retry-After.',
          kind: 'lines',
          unit: 'percentunit',
          queries: [
            {
              expr: `${rateBy('rule', 'mcp_gateway_quota_admissions_total', HERE, 'outcome="refused"')} / ${rateBy('rule', 'mcp_gateway_quota_admissions_total', HERE)}`,
              legend: '{{rule}}',
            },
          ],
        },
        {
          title: 'Refusals by kind',
          description:
            'What callers were told: the rate, too many at once, too many tasks, polled too soon, or that limits cannot be checked.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy(
                'kind',
                'mcp_gateway_refusals_total',
                'kind=~"rate_limited|too_many_concurrent|too_many_tasks|polled_too_soon|quota_unavailable"',
              ),
              legend: '{{kind}}',
            },
          ],
        },
        {
          title: 'Uncounted requests by rule',
          description: 'The limiter failing open: requests that passed because the store did not answer.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('rule', 'mcp_gateway_quota_admissions_total', HERE, 'outcome="store_allowed"'),
              legend: '{{rule}}',
            },
          ],
        },
      ],
    },
    {
      title: 'The store',
      panels: [
        {
          title: 'Given up',
          description: '1: the store failed several times in a row and is only probed; every rule decides without it.',
          kind: 'numbers',
          unit: 'none',
          redFrom: 1,
          queries: [{ expr: pick('mcp_gateway_quota_store_open'), legend: '{{instance}}' }],
        },
        {
          title: 'Failures',
          description: 'The first failure after a success, and giving up, by reason.',
          kind: 'lines',
          unit: 'ops',
          queries: [{ expr: rateBy('reason', 'mcp_gateway_quota_store_failures_total'), legend: '{{reason}}' }],
        },
      ],
    },
    {
      title: 'Tasks',
      panels: [
        {
          title: 'Live tasks by rule',
          description: 'Tasks that count as live.',
          kind: 'lines',
          unit: 'none',
          queries: [{ expr: `max by (rule) (${pick('mcp_gateway_quota_live_tasks', HERE)})`, legend: '{{rule}}' }],
        },
        {
          title: 'Requests about tasks',
          description: 'tasks/get, tasks/update and tasks/cancel.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('method, outcome', 'mcp_gateway_requests_total', 'method=~"tasks/.*"'),
              legend: '{{method}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Tasks begun',
          description: 'Ids of tasks that were sealed for their owners.',
          kind: 'lines',
          unit: 'ops',
          queries: [{ expr: rate('mcp_gateway_seals_total', 'purpose="task"', 'operation="seal"'), legend: 'begun' }],
        },
        {
          title: 'Answered at once instead',
          description: 'Calls beyond the number of tasks whose rule says overLimit: inline.',
          kind: 'lines',
          unit: 'ops',
          queries: [
            {
              expr: rateBy('rule', 'mcp_gateway_quota_admissions_total', HERE, 'outcome="inline"'),
              legend: '{{rule}}',
            },
          ],
        },
        {
          title: 'Tasks refused',
          description: 'too_many_tasks, polled_too_soon, and task_lost: the server that ran it is gone.',
          kind: 'stacked',
          unit: 'reqps',
          width: 24,
          queries: [
            {
              expr: rateBy('kind', 'mcp_gateway_refusals_total', 'kind=~"too_many_tasks|polled_too_soon|task_lost"'),
              legend: '{{kind}}',
            },
          ],
        },
      ],
    },
  ],
};
