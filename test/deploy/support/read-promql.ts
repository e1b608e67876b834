// Finds the metrics and labels that a PromQL expression names. It knows as much of the language as the rules and dashboards use.

export interface Selector {
  readonly metric: string;
  /** Labels its matchers name. */
  readonly labels: readonly string[];
}

export interface ReadExpression {
  readonly selectors: readonly Selector[];
  /** Labels that aggregations and joins name. */
  readonly groupings: readonly string[];
}

const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const WITH_MATCHERS = /([a-zA-Z_:][\w:]*)\s*\{((?:"[^"]*"|[^}"])*)\}/g;
const MATCHER = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"[^"]*"/g;
const STRING = /"[^"]*"/g;
const RANGE = /\[[^\]]*\]/g;
const NUMBER = /\b\d[\w.]*/g;
/** A name that no parenthesis follows is no function. */
const NAME = /[a-zA-Z_:][\w:]*\b(?!\s*\()/g;
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset']);

export function readPromql(expr: string): ReadExpression {
  const groupings: string[] = [];
  const selectors: Selector[] = [];
  const rest = expr
    .replace(GROUPING, (_all, list: string) => {
      groupings.push(
        ...list
          .split(',')
          .map((label) => label.trim())
          .filter((label) => label !== ''),
      );
      return ' ';
    })
    .replace(WITH_MATCHERS, (_all, metric: string, matchers: string) => {
      selectors.push({ metric, labels: [...matchers.matchAll(MATCHER)].map(([, label = '']) => label) });
      return ' ';
    })
    .replace(STRING, ' ')
    .replace(RANGE, ' ')
    .replace(NUMBER, ' ');
  for (const [metric] of rest.matchAll(NAME)) if (!WORDS.has(metric)) selectors.push({ metric, labels: [] });
  return { selectors, groupings };
}
