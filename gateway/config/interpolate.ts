// Fills `${NAME}` and `${NAME:-default}` in a string from the environment; `$$` is a dollar.

export type Interpolated =
  | { readonly ok: true; readonly text: string; readonly variables: readonly string[] }
  | { readonly ok: false; readonly why: string };

const TOKEN = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}|(\{))/g;

/**
 * Interpolates one string. Values are taken as they are: they are not searched for variables again and never read as YAML.
 *
 * `${NAME}` must be set (it may be empty); `${NAME:-default}` gives the default when it is unset or empty, as in a shell.
 * `variables` names what was looked up. Not ok: a variable that is not set, or braces in another form.
 */
export function interpolate(text: string, env: NodeJS.ProcessEnv): Interpolated {
  if (!text.includes('$')) return { ok: true, text, variables: [] };
  const variables: string[] = [];
  let why: string | undefined;
  const filled = text.replaceAll(TOKEN, (whole, name?: string, fallback?: string) => {
    if (whole === '$$') return '$';
    if (name === undefined) {
      why ??= 'expected `${NAME}` or `${NAME:-default}`, not nested; write `$$` for a dollar';
      return whole;
    }
    variables.push(name);
    const value = findVariable(env, name);
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) why ??= `the environment variable ${name} is not set and has no default`;
    return value ?? whole;
  });
  return why === undefined ? { ok: true, text: filled, variables } : { ok: false, why };
}

/** A variable of the environment; names such as `constructor` are ordinary ones. */
export function findVariable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
