// How the processes of the gateway are: load, memory, configuration, what they write.
import { pick, type Row, rate, rateBy } from './panel.ts';

export const processes: Row = {
  title: 'The process',
  panels: [
    {
      title: 'Open requests and streams',
      description: 'limits.inFlight bounds them per process; above it requests are refused as overloaded.',
      kind: 'lines',
      unit: 'none',
      queries: [
        { expr: `sum by (instance) (${pick('mcp_gateway_requests_in_flight')})`, legend: 'open {{instance}}' },
        { expr: `sum by (instance) (${pick('mcp_gateway_streams_open')})`, legend: 'streams {{instance}}' },
      ],
    },
    {
      title: 'Delay of the event loop',
      description: 'How late the loop was in the last half minute; the worst worker of each replica.',
      kind: 'lines',
      unit: 's',
      queries: [{ expr: pick('mcp_gateway_event_loop_delay_seconds'), legend: '{{stat}} {{instance}}' }],
    },
    {
      title: 'CPU',
      description: 'Seconds of CPU per second; one worker can use little more than one.',
      kind: 'lines',
      unit: 'none',
      queries: [{ expr: rateBy('instance', 'process_cpu_seconds_total'), legend: '{{instance}}' }],
    },
    {
      title: 'Memory',
      description: 'Resident memory, all workers of a replica together.',
      kind: 'lines',
      unit: 'bytes',
      queries: [{ expr: pick('process_resident_memory_bytes'), legend: '{{instance}}' }],
    },
    {
      title: 'Configuration',
      description:
        'Which configuration each replica runs. More than one digest after a rollout: they judge differently.',
      kind: 'table',
      unit: 'none',
      width: 8,
      queries: [{ expr: `max by (instance, digest) (${pick('mcp_gateway_config_info')})`, legend: '' }],
    },
    {
      title: 'Configuration on disk',
      description: '1: in force; 0: rejected, and the one before serves on.',
      kind: 'numbers',
      unit: 'none',
      width: 4,
      greenFrom: 1,
      queries: [{ expr: pick('mcp_gateway_config_last_reload_success'), legend: '{{instance}}' }],
    },
    {
      title: 'Reloads',
      description: 'Reloads within the range that is shown, and how long ago the last one was.',
      kind: 'numbers',
      unit: 'none',
      width: 6,
      queries: [
        {
          expr: `sum by (outcome) (increase(${pick('mcp_gateway_config_reloads_total')}[$__range]))`,
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Last reload',
      description: 'How long ago a configuration was last put in force or rejected; the start of the process counts.',
      kind: 'numbers',
      unit: 's',
      width: 6,
      queries: [
        {
          expr: `time() - max by (instance) (${pick('mcp_gateway_config_last_reload_timestamp_seconds')})`,
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: 'Spans',
      description: 'Spans sent to the collector of traces. failed: it does not take them; requests do not suffer.',
      kind: 'lines',
      unit: 'ops',
      queries: [{ expr: rateBy('outcome', 'mcp_gateway_trace_spans_total'), legend: '{{outcome}}' }],
    },
    {
      title: 'Log lines left out',
      description: 'In a flood only so many lines of a kind are written each second; the rest is counted here.',
      kind: 'lines',
      unit: 'ops',
      queries: [{ expr: rate('mcp_gateway_log_lines_suppressed_total'), legend: 'left out' }],
    },
  ],
};
