// The Apps extension (SEP-1865): its name and the resources that belong to it.

export const APPS_EXTENSION = 'io.modelcontextprotocol/ui';

const UI_SCHEME = /^ui:/i;

/** Whether a resource or template is one of the Apps extension; the scheme of a URI knows no case (RFC 3986, section 3.1). */
export function isAppsResource(uri: string): boolean {
  return UI_SCHEME.test(uri);
}
