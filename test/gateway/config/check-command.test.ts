// `tollgate check`: its lines and its answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCheck } from '../../../gateway/cli/check.ts';
import { LEAST, makeConfigDir } from './make-config-dir.ts';

function check(configFile: string): { code: number; out: string; err: string } {
  const printed = { out: '', err: '' };
  const code = runCheck({
    configFile,
    env: {},
    out: { write: (text) => (printed.out += text) },
    err: { write: (text) => (printed.err += text) },
  });
  return { code, ...printed };
}

test('a sound configuration gets one line and the answer 0', (t) => {
  const file = makeConfigDir(t).write('gateway.yaml', LEAST);
  const { code, out, err } = check(file);
  assert.equal(code, 0);
  assert.match(out, /^ok .+: 1 endpoint, 1 upstream, 1 file, digest [0-9a-f]{16}\n$/);
  assert.equal(err, '');
});

test('every error gets one line and the answer is 1', (t) => {
  const file = makeConfigDir(t).write('gateway.yaml', `workers: 0\n"a\\nb": 1\n${LEAST}`);
  const { code, out, err } = check(file);
  assert.equal(code, 1);
  assert.equal(out, '');
  assert.deepEqual(
    err.split('\n').map((line) => line.slice(0, file.length + 4)),
    [`${file}:1:1`, `${file}:2:1`, ''],
  );
});

test('a file that is not there gets one line and the answer 1', () => {
  assert.deepEqual(check('/nowhere/gateway.yaml'), {
    code: 1,
    out: '',
    err: '/nowhere/gateway.yaml:1:1: the file does not exist\n',
  });
});
