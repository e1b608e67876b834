// What a token endpoint may answer: the usual, and all that no gateway should take.
import { sendJson } from '../../support/fake-issuer.ts';
import type { TokenBehaviour } from '../../support/fake-token-endpoint.ts';

export const GOOD = { access_token: 'exchanged', token_type: 'Bearer', expires_in: 300 };

export const answerWith =
  (value: object, status = 200): TokenBehaviour =>
  (_request, response) =>
    sendJson(response, value, status);
export const answerText =
  (text: string | Buffer, headers: Readonly<Record<string, string>> = {}): TokenBehaviour =>
  (_request, response) =>
    response.writeHead(200, headers).end(text);

export const BAD_ANSWERS: readonly (readonly [what: string, behaviour: TokenBehaviour])[] = [
  ['no token', answerWith({ ...GOOD, access_token: undefined })],
  ['an empty token', answerWith({ ...GOOD, access_token: '' })],
  ['a token that is no text', answerWith({ ...GOOD, access_token: ['exchanged'] })],
  ['a line end in the token', answerWith({ ...GOOD, access_token: 'a\r\nx-admin: yes' })],
  ['a line feed behind the token', answerWith({ ...GOOD, access_token: 'exchanged\n' })],
  ['a NUL in the token', answerWith({ ...GOOD, access_token: 'a\0b' })],
  ['a space in the token', answerWith({ ...GOOD, access_token: 'a b' })],
  ['a token of more than 8 KiB', answerWith({ ...GOOD, access_token: 'a'.repeat(8_193) })],
  ['no type', answerWith({ ...GOOD, token_type: undefined })],
  ['a token of another type', answerWith({ ...GOOD, token_type: 'DPoP' })],
  ['no access token but another', answerWith({ ...GOOD, token_type: 'N_A' })],
  ['a refresh token', answerWith({ ...GOOD, issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' })],
  ['an ID token', answerWith({ ...GOOD, issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' })],
  ['a life of no time', answerWith({ ...GOOD, expires_in: 0 })],
  ['a life that is over', answerWith({ ...GOOD, expires_in: -1 })],
  ['a life in words', answerWith({ ...GOOD, expires_in: '300' })],
  ['two tokens', answerText('{"access_token":"a","access_token":"b","token_type":"Bearer"}')],
  ['no JSON', answerText('<html>')],
  ['a JSON list', answerText('[]')],
  ['nothing', answerText('')],
  [
    'half an answer',
    (_q, response) => void response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
  ],
  ['a huge answer', answerText(JSON.stringify({ ...GOOD, padding: 'x'.repeat(300_000) }))],
  ['an error of the server', answerWith({ error: 'server_error' }, 500)],
  ['another status of success', answerWith(GOOD, 201)],
  ['a place that is not there', answerWith({ error: 'invalid_grant' }, 404)],
  ['too many requests', answerWith({ error: 'slow_down' }, 429)],
  ['a refusal that is no OAuth error', answerWith({ message: 'no' }, 400)],
  ['a broken connection', (request) => void request.socket.destroy()],
];
