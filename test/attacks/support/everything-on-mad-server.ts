// A server gone mad: its answers are honest ones with bytes and members spoiled, under any status, in either form, cut anywhere.
import type { Behaviour } from '../../support/fake-upstream.ts';
import { makeRandom, pick, spoil, twist } from './everything-on-requests.ts';
import { honestServer, RAW, toHonestResult } from './everything-on-server.ts';

const NOTICE = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n\n';
const EMPTY_HEAD = Buffer.from('\r\n\r\n');

/** The same seed and id give the same answer. */
export function makeMadServer(seed: number): Behaviour {
  return (hit, response) => {
    const { id } = hit.message;
    if (String(id).startsWith('tollgate-')) return honestServer(hit, response);
    const random = makeRandom(seed + Number(id));
    const toBytes = (members: object): Buffer => Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...members }));
    const twisted = (bytes: Buffer): Buffer =>
      twist(Buffer.concat([EMPTY_HEAD, bytes]), random).subarray(EMPTY_HEAD.length);
    const honest = toBytes({ result: toHonestResult(hit) });
    const error = toBytes({ error: { code: -32602, message: `no ${RAW.task}`, data: {} } });
    let body = pick([honest, honest, twisted(honest), twisted(twisted(honest)), spoil(honest, random), error], random);
    const isStream = random() < 0.4;
    if (isStream) {
      body = Buffer.from(`${random() < 0.5 ? NOTICE : ': hello\n\n'}data: ${body.toString('latin1')}\n\n`, 'latin1');
      if (random() < 0.3) body = spoil(body, random);
    }
    const status = random() < 0.8 ? 200 : pick([204, 302, 400, 401, 403, 404, 429, 500, 503], random);
    const type = random() < 0.05 ? 'text/html' : isStream ? 'text/event-stream' : 'application/json';
    response.writeHead(status, { 'content-type': type, 'set-cookie': 'a=b', 'retry-after': pick(['1', 'x'], random) });
    const cut = Math.floor(random() * body.length);
    response.write(body.subarray(0, cut));
    if (random() < 0.1) response.destroy();
    else response.end(body.subarray(cut));
  };
}
