// `admin`: the listener of metrics and probes, which is never the clients' one.
import { host, port } from './listen.ts';
import { section } from './section.ts';

export const ADMIN = section('Where /metrics, /livez and /readyz are served. A change needs a restart.', {
  host: host('Address to bind: an IP address or a host name.').prefault('127.0.0.1'),
  port: port('TCP port; 0 lets the system choose.').prefault(9464),
}).prefault({});
