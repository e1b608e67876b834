// The person at the browser: logs in without being asked for a password, and consents to what the test says.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';

const PERSON = 'anna';

/** Answers one interaction; of the scopes that a client asks for, those in `consented` are granted. */
export async function answerInteraction(
  provider: Provider,
  consented: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: PERSON } });
    return;
  }
  const grant = new provider.Grant({ accountId: PERSON, clientId: params.client_id });
  const asked = (params.scope ?? '').split(' ').filter((scope) => scope !== '');
  // To this provider every scope that clients may register with is also one of its own; those stand in no token.
  grant.addOIDCScope(asked.join(' '));
  const { resource = '' } = params;
  for (const scope of asked) {
    if (consented.has(scope)) grant.addResourceScope(resource, scope);
    else grant.rejectResourceScope(resource, scope);
  }
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}
