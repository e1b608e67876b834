// The outer members of the messages a server sends (JSON-RPC 2.0).
import { makeFieldScan } from './field-scan.ts';

export const MESSAGE_FIELDS = makeFieldScan(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
