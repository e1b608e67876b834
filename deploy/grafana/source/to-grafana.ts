// Turns a dashboard of ours into Grafana's model of one: places on the grid, variables, options per kind of panel.
import type { Dashboard, Panel, Query, Variable } from './panel.ts';

const SOURCE = { type: 'prometheus', uid: '${datasource}' };
const COLUMNS = 24;
const HEIGHTS = { lines: 8, stacked: 8, numbers: 4, table: 8 } as const;
const TYPES = { lines: 'timeseries', stacked: 'timeseries', numbers: 'stat', table: 'table' } as const;

/** The six link to each other by this tag. */
const TAG = 'tollgate';

export function toGrafana({ uid, title, description, variables, rows }: Dashboard): object {
  return {
    uid,
    title,
    description,
    tags: [TAG],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    links: [
      { type: 'dashboards', title: 'Tollgate', tags: [TAG], asDropdown: true, includeVars: true, keepTime: true },
    ],
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
        ...[...BASE_VARIABLES, ...variables].map(toVariable),
      ],
    },
    panels: toPanels(rows),
  };
}

const BASE_VARIABLES: readonly Variable[] = [
  { name: 'job', label: 'Job', query: 'label_values(mcp_gateway_requests_in_flight, job)' },
  { name: 'instance', label: 'Replica', query: 'label_values(mcp_gateway_requests_in_flight{job=~"$job"}, instance)' },
];

function toVariable({ name, label, query }: Variable): object {
  return {
    name,
    label,
    type: 'query',
    datasource: SOURCE,
    definition: query,
    query: { qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  };
}

function toPanels(rows: Dashboard['rows']): readonly object[] {
  const made: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    made.push({
      id: made.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: COLUMNS, x: 0, y },
      panels: [],
    });
    y += 1;
    let x = 0;
    let tallest = 0;
    for (const panel of panels) {
      const { width = 12, kind } = panel;
      if (x + width > COLUMNS) {
        x = 0;
        y += tallest;
        tallest = 0;
      }
      made.push(toPanel(panel, made.length + 1, { h: HEIGHTS[kind], w: width, x, y }));
      x += width;
      tallest = Math.max(tallest, HEIGHTS[kind]);
    }
    y += tallest;
  }
  return made;
}

function toPanel(panel: Panel, id: number, gridPos: object): object {
  const { title, description, kind, unit, queries } = panel;
  return {
    id,
    type: TYPES[kind],
    title,
    description,
    datasource: SOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, ...toDefaults(panel) }, overrides: [] },
    options: toOptions(kind),
    targets: queries.map((query, at) => toTarget(query, String.fromCharCode(65 + at), kind)),
    ...(kind === 'table' && { transformations: toTidyTable(queries) }),
  };
}

function toTarget({ expr, legend }: Query, refId: string, kind: Panel['kind']): object {
  const isNow = kind === 'numbers' || kind === 'table';
  return {
    refId,
    datasource: SOURCE,
    expr,
    legendFormat: legend,
    instant: isNow,
    range: !isNow,
    ...(kind === 'table' && { format: 'table' }),
  };
}

const step = (color: string, value: number | null): object => ({ color, value });

function toDefaults({ kind, redFrom, greenFrom }: Panel): object {
  if (kind === 'lines' || kind === 'stacked') {
    const stacking = { mode: kind === 'stacked' ? 'normal' : 'none', group: 'A' };
    const fillOpacity = kind === 'stacked' ? 30 : 5;
    return { min: 0, custom: { drawStyle: 'line', lineWidth: 1, fillOpacity, showPoints: 'never', stacking } };
  }
  const steps =
    greenFrom !== undefined
      ? [step('red', null), step('green', greenFrom)]
      : [step('green', null), ...(redFrom === undefined ? [] : [step('red', redFrom)])];
  return { color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps } };
}

function toOptions(kind: Panel['kind']): object {
  if (kind === 'table') return { showHeader: true, cellHeight: 'sm' };
  if (kind === 'numbers') {
    return {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: 'value',
      graphMode: 'none',
      textMode: 'auto',
    };
  }
  return {
    legend: { displayMode: 'table', placement: 'right', showLegend: true, calcs: ['mean', 'lastNotNull'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  };
}

/** Several queries become columns of one table, named after their legends. */
function toTidyTable(queries: readonly Query[]): readonly object[] {
  const renameByName = Object.fromEntries(
    queries.map(({ legend }, at) => [`Value #${String.fromCharCode(65 + at)}`, legend]),
  );
  const options = {
    excludeByName: { Time: true },
    indexByName: {},
    renameByName: queries.length > 1 ? renameByName : {},
  };
  const organize = { id: 'organize', options };
  return queries.length > 1 ? [{ id: 'merge', options: {} }, organize] : [organize];
}
