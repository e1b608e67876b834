// Classes of callers as far as labels tell them apart: issuers, access rules and quota rules. Single callers stand in the audit trail alone.
import { type Dashboard, pick, rate, rateBy } from './panel.ts';

export const callers: Dashboard = {
  uid: 'tollgate-callers',
  title: 'Tollgate: callers',
  description:
    'Who calls, by issuer, access rule and quota rule. Single callers are never in a label; they stand in the audit trail.',
  variables: [
    {
      name: 'issuer',
      label: 'Issuer',
      query: 'label_values(mcp_gateway_token_validations_total{job=~"$job"}, issuer)',
    },
    { name: 'rule', label: 'Rule', query: 'label_values(mcp_gateway_decisions_total{job=~"$job"}, rule)' },
    {
      name: 'quota',
      label: 'Quota rule',
      query: 'label_values(mcp_gateway_quota_admissions_total{job=~"$job"}, rule)',
    },
  ],
  rows: [
    {
      title: 'Issuers',
      panels: [
        {
          title: 'Tokens that were good, by issuer',
          description: 'Requests with a token that was proven valid.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('issuer', 'mcp_gateway_token_validations_total', 'issuer=~"$issuer"', 'outcome="ok"'),
              legend: '{{issuer}}',
            },
          ],
        },
        {
          title: 'Tokens that were not, by issuer and reason',
          description: 'docs/identity.md says what each reason means. unknown: the token names no configured issuer.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy(
                'issuer, outcome',
                'mcp_gateway_token_validations_total',
                'issuer=~"$issuer"',
                'outcome!="ok"',
              ),
              legend: '{{issuer}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Without a token',
          description:
            'Requests refused because they brought none, or more than one. The first request of a client that signs in is one of them.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('kind', 'mcp_gateway_refusals_total', 'kind=~"token_absent|token_misplaced"'),
              legend: '{{kind}}',
            },
          ],
        },
        {
          title: 'Keys of issuers',
          description: 'usable 1: tokens can be judged. stale 1: with keys that cannot be refreshed.',
          kind: 'table',
          unit: 'none',
          queries: [
            {
              expr: `min by (issuer) (${pick('mcp_gateway_issuer_keys_usable', 'issuer=~"$issuer"')})`,
              legend: 'usable',
            },
            {
              expr: `max by (issuer) (${pick('mcp_gateway_issuer_keys_stale', 'issuer=~"$issuer"')})`,
              legend: 'stale',
            },
          ],
        },
      ],
    },
    {
      title: 'Access rules',
      panels: [
        {
          title: 'Allowed, by rule',
          description: 'The rule that allowed.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('rule', 'mcp_gateway_decisions_total', 'rule=~"$rule"', 'decision="allowed"'),
              legend: '{{rule}}',
            },
          ],
        },
        {
          title: 'Not allowed, by rule',
          description: 'denied: a rule says no. no_rule: none says yes. scopes: only scopes are missing.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('rule, decision', 'mcp_gateway_decisions_total', 'rule=~"$rule"', 'decision!="allowed"'),
              legend: '{{rule}} {{decision}}',
            },
          ],
        },
        {
          title: 'Share of requests that were not allowed',
          description: 'Of those that came as far as the rules.',
          kind: 'lines',
          unit: 'percentunit',
          queries: [
            {
              expr: `${rate('mcp_gateway_decisions_total', 'decision!="allowed"')} / ${rate('mcp_gateway_decisions_total')}`,
              legend: 'not allowed',
            },
          ],
        },
        {
          title: 'Differences of rules in shadow mode',
          description:
            'Requests that a rule in shadow mode would have decided otherwise. Quiet for a week: it can be enforced.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            { expr: rateBy('rule, would', 'mcp_gateway_shadow_differences_total'), legend: '{{rule}} {{would}}' },
          ],
        },
      ],
    },
    {
      title: 'Quota rules',
      panels: [
        {
          title: 'Admitted, by quota rule',
          description: 'A request takes its share of every rule that matches, so it counts for each of them.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('rule', 'mcp_gateway_quota_admissions_total', 'rule=~"$quota"', 'outcome="admitted"'),
              legend: '{{rule}}',
            },
          ],
        },
        {
          title: 'Refused, by quota rule',
          description: 'Who it was stands in the audit trail, under quotaRule.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            {
              expr: rateBy('rule', 'mcp_gateway_quota_admissions_total', 'rule=~"$quota"', 'outcome="refused"'),
              legend: '{{rule}}',
            },
          ],
        },
      ],
    },
  ],
};
