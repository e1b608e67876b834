// What an attack would look like, and whether what defends against it is in order.
import { type Dashboard, type Panel, pick, rateBy } from './panel.ts';

/** Refusals per second of these kinds. */
const refusals = (title: string, description: string, ...kinds: readonly string[]): Panel => ({
  title,
  description,
  kind: 'stacked',
  unit: 'reqps',
  queries: [{ expr: rateBy('kind', 'mcp_gateway_refusals_total', `kind=~"${kinds.join('|')}"`), legend: '{{kind}}' }],
});

export const security: Dashboard = {
  uid: 'tollgate-security',
  title: 'Tollgate: security',
  description: 'What an attack would look like, and whether what defends against it is in order.',
  variables: [],
  rows: [
    {
      title: 'On the wire',
      panels: [
        refusals(
          'Headers and bodies that disagree',
          'header_mismatch: somebody tries to get past a rule that trusts headers, or a proxy on the way changes them.',
          'header_mismatch',
        ),
        refusals(
          'Malformed requests',
          'Bytes that are no HTTP, no JSON or no single request: smuggling begins like this, and so does a broken client.',
          'malformed_http',
          'not_json',
          'not_a_request',
          'bad_params',
          'unsupported_media',
          'expectation',
        ),
        refusals(
          'Too large, too slow',
          'Bodies, header blocks and requests beyond the limits.',
          'body_too_large',
          'headers_too_large',
          'too_slow',
        ),
        refusals(
          'Where they do not belong',
          'Other hosts (rebinding), pages of other origins, paths, verbs, methods and names that are not there: somebody looks around.',
          'host_not_allowed',
          'origin_not_allowed',
          'unknown_path',
          'verb_not_allowed',
          'unknown_method',
          'unknown_name',
        ),
      ],
    },
    {
      title: 'Callers',
      panels: [
        {
          title: 'Tokens refused, by reason',
          description:
            'signature, alg, embedded_key and audience in numbers are attempts; expired is everyday life. docs/identity.md has them all.',
          kind: 'stacked',
          unit: 'reqps',
          queries: [
            { expr: rateBy('outcome', 'mcp_gateway_token_validations_total', 'outcome!="ok"'), legend: '{{outcome}}' },
          ],
        },
        refusals(
          'Not allowed',
          'denied: no rule allows it. scope_missing: a scope would help. token_…: no good proof of who calls.',
          'denied',
          'scope_missing',
          'token_absent',
          'token_invalid',
          'token_misplaced',
          'capability_missing',
        ),
        {
          title: 'Seals that did not open, by purpose',
          description: 'State, task ids and handles that this caller did not get from the gateway, or no longer.',
          kind: 'lines',
          unit: 'ops',
          queries: [
            {
              expr: rateBy('purpose', 'mcp_gateway_seals_total', 'operation="open"', 'outcome!="ok"'),
              legend: '{{purpose}}',
            },
          ],
        },
        {
          title: 'Seals',
          description: 'State, task ids and handles sealed for callers, and opened again.',
          kind: 'lines',
          unit: 'ops',
          queries: [
            {
              expr: rateBy('purpose, operation', 'mcp_gateway_seals_total', 'outcome="ok"'),
              legend: '{{purpose}} {{operation}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Keys, certificates and records',
      panels: [
        {
          title: 'Issuers without keys, or with stale ones',
          description: 'Above 0: tokens of an issuer are refused, or judged with keys that cannot be refreshed.',
          kind: 'numbers',
          unit: 'none',
          width: 6,
          redFrom: 1,
          queries: [
            { expr: `count(${pick('mcp_gateway_issuer_keys_usable')} == 0) or vector(0)`, legend: 'without' },
            { expr: `count(${pick('mcp_gateway_issuer_keys_stale')} == 1) or vector(0)`, legend: 'stale' },
          ],
        },
        {
          title: 'Certificates',
          description: 'How long each configured certificate is still good.',
          kind: 'table',
          unit: 's',
          width: 9,
          queries: [
            {
              expr: `min by (certificate) (${pick('mcp_gateway_certificate_expiry_timestamp_seconds')}) - time()`,
              legend: '',
            },
          ],
        },
        {
          title: 'Sealing keys',
          description:
            'How long the key that seals has been in use, as far back as Prometheus knows. Rotate it once a year.',
          kind: 'table',
          unit: 's',
          width: 9,
          queries: [
            {
              expr: 'time() - job_key:mcp_gateway_sealing_key_loaded_timestamp_seconds:first{job=~"$job"}',
              legend: '',
            },
          ],
        },
        {
          title: 'Audit lines',
          description: 'dropped: what was decided cannot be proven afterwards.',
          kind: 'lines',
          unit: 'ops',
          queries: [{ expr: rateBy('outcome', 'mcp_gateway_audit_lines_total'), legend: '{{outcome}}' }],
        },
        {
          title: 'Label sets beyond the cap',
          description: 'Values counted as other because a metric has too many label sets.',
          kind: 'lines',
          unit: 'ops',
          queries: [{ expr: rateBy('metric', 'mcp_gateway_label_sets_dropped_total'), legend: '{{metric}}' }],
        },
      ],
    },
  ],
};
