// Requests that carry one token in every place it may or may not stand.
import { type HeaderLines, toHeaderLines, toRequestBody } from '../../../support/mcp-request.ts';
import { toBearer } from './guarded-gateway.ts';

const TOOLS = [
  'read_station',
  'read_events',
  'read_challenge',
  'read_broken',
  'read_cut',
  'write_station',
  'delete_all',
];

export function toBytes(lines: HeaderLines, tool: string, target = '/mcp', verb = 'POST', body?: string): Buffer {
  const text = body ?? toRequestBody('tools/call', { name: tool, arguments: {} });
  const all = [['Host', '127.0.0.1'], ...toHeaderLines('tools/call', tool), ...lines, ['Connection', 'close']] as const;
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${verb} ${target} HTTP/1.1\r\n${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

/** One token in every place it may or may not stand. */
export function* toTokenRequests(token: string): Generator<Buffer> {
  const bearer = toBearer(token);
  for (const tool of TOOLS) yield toBytes(bearer, tool);
  yield toBytes([...bearer, ...bearer], 'read_station');
  for (const value of [
    `bearer  ${token}`,
    `Basic ${token}`,
    token,
    `Bearer ${token} x`,
    `Bearer\t${token}`,
    `DPoP ${token}`,
  ])
    yield toBytes([['Authorization', value]], 'read_station');
  for (const name of [
    'Proxy-Authorization',
    'Cookie',
    'X-Forwarded-Access-Token',
    'X-Auth-Request-Access-Token',
    'DPoP',
  ])
    yield toBytes([...bearer, [name, token]], 'read_station');
  yield toBytes(bearer, 'read_station', `/mcp?access_token=${token}`);
  yield toBytes([], 'read_station', `/mcp?x=1;access%5Ftoken=${token}`);
  yield toBytes(bearer, 'read_station', `/mcp?token=${token}`);
  yield toBytes(bearer, 'read_station', `/${token}`);
  yield toBytes(bearer, 'read_station', `/.well-known/oauth-protected-resource/${token}`, 'GET');
  yield toBytes(bearer, 'read_station', '/mcp', 'GET');
  yield toBytes(bearer, 'read_station', '/mcp', 'POST', '{"jsonrpc"');
  yield toBytes(bearer, 'read_station', '/mcp', 'POST', toRequestBody('tools/call', { name: 'read_other' }));
  yield toBytes([...bearer, ['Origin', `https://${token.slice(0, 60).toLowerCase()}.example`]], 'read_station');
  yield toBytes([...bearer, [`Bad ${token}`, 'x']], 'read_station');
  yield toBytes([...bearer, ['Content-Length', token]], 'read_station');
  yield toBytes([...bearer, ['X-Filler', token.repeat(40)]], 'read_station');
  yield Buffer.from(
    `POST /mcp HTTP/1.1\r\nHost: ${token}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
  );
  yield Buffer.from(`${token}\r\n\r\n`);
}
