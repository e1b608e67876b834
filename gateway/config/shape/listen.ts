// `listen`: where clients connect.
import { isIP } from 'node:net';
import type { z } from 'zod';
import { integer } from './integer.ts';
import { ipBlock } from './ip-block.ts';
import { listOf } from './list-of.ts';
import { section } from './section.ts';
import { text } from './text.ts';
import { fileName } from './tls.ts';

const HOST_NAME = /^(?!.*\.\.)[A-Za-z0-9_]([A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?$/;

/** An address to bind. IPv6 stands without brackets. */
export function host(description: string): z.ZodType<string> {
  return text({
    description,
    expected: 'an IP address or a host name, without brackets or port',
    find: (value) => ((isIP(value) !== 0 && !value.includes('%')) || HOST_NAME.test(value) ? value : undefined),
  });
}

export function port(description: string): z.ZodType<number> {
  return integer(description, 0, 65_535);
}

export const LISTEN = section('Where clients connect. A change needs a restart.', {
  host: host('Address to bind: an IP address or a host name; 0.0.0.0 or :: for all interfaces.').prefault('127.0.0.1'),
  port: port('TCP port; 0 lets the system choose.').prefault(8080),
  tls: section('Serve HTTPS. Absent: plain HTTP.', {
    cert: fileName('PEM file: the certificate, followed by its intermediates.'),
    key: fileName('PEM file: the private key, not encrypted.'),
  }).optional(),
  trustedProxies: listOf(
    'Proxies whose X-Forwarded-For is believed. Default: none.',
    ipBlock('An address, or a block such as 10.0.0.0/8.'),
  ).prefault([]),
}).prefault({});
