// Whether a client declared that it can answer what a server asks (client/elicitation, client/sampling, client/roots).

/**
 * @param capabilities reads `clientCapabilities` of the request, as JSON; asked when the first question comes
 * @returns whether a question of this method, with these params, was declared as answerable
 */
export function makeCanAnswer(capabilities: () => string): (question: string, params: unknown) => boolean {
  let declared: unknown;
  return (question, params) => {
    declared ??= JSON.parse(capabilities());
    switch (question) {
      case 'elicitation/create':
        return canElicit(findObject(declared, 'elicitation'), params);
      case 'sampling/createMessage':
        return canSample(findObject(declared, 'sampling'), params);
      case 'roots/list':
        return findObject(declared, 'roots') !== undefined;
      default:
        return false;
    }
  };
}

/** Without a mode a form is meant, and a declaration without modes means forms. */
function canElicit(elicitation: object | undefined, params: unknown): boolean {
  if (elicitation === undefined) return false;
  const mode = typeof params === 'object' && params !== null && 'mode' in params ? params.mode : 'form';
  if (mode === 'url') return findObject(elicitation, 'url') !== undefined;
  return (
    mode === 'form' && (findObject(elicitation, 'form') !== undefined || findObject(elicitation, 'url') === undefined)
  );
}

/** Tools must be declared by themselves: a client has to refuse them otherwise (client/sampling, "Tools"). */
function canSample(sampling: object | undefined, params: unknown): boolean {
  if (sampling === undefined) return false;
  const usesTools = typeof params === 'object' && params !== null && ('tools' in params || 'toolChoice' in params);
  return !usesTools || findObject(sampling, 'tools') !== undefined;
}

function findObject(holder: unknown, name: string): object | undefined {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'object' && value !== null ? value : undefined;
}
