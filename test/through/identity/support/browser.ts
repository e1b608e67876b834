// The browser of a person who is sent to log in: follows redirects and keeps cookies until it is back at the client.

const MAX_STEPS = 12;

/** @returns the URL the authorization server sends the browser back to */
export async function followToCallback(start: URL, callback: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let step = 0; step < MAX_STEPS; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`no redirect from ${url.href}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
    url = new URL(location, url);
    if (url.href.startsWith(callback)) return url;
  }
  throw new Error(`still not back after ${MAX_STEPS} steps`);
}
