// Tells whether a text is a JSON-RPC response: to a given id, or an error that names none.

/** `text` is JSON with `jsonrpc: "2.0"`, and a `result` or `error` object; only an error may lack the id. */
export function isRpcAnswer(text: string, id: string): boolean {
  const message = parse(text);
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return false;
  if (isObject(message['error'])) return message['id'] === id || message['id'] === undefined || message['id'] === null;
  return message['id'] === id && isObject(message['result']);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
