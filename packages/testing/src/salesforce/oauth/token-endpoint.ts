import { createHmac } from 'node:crypto';
import type { HttpReply, HttpRequest } from '../http/exchange.ts';
import { jsonReply } from '../http/exchange.ts';
import type { Org } from '../org.ts';
import type { OAuthRefusal } from './grants.ts';
import { grants } from './grants.ts';

/** `POST /services/oauth2/token`. The answer has no `expires_in`: tokens last as long as the session policy says. */
export function answerToken(org: Org, request: HttpRequest): HttpReply {
  const { identity, refreshTokens, clock, counting } = org;
  const form = new URLSearchParams(request.body.toString());
  basicCredentials(request, form);
  const grant = grants.get(form.get('grant_type') ?? '');
  const now = clock.now();
  const outcome = grant?.(form, { identity, refreshTokens, now, audiences: org.instances.all }) ?? {
    error: 'unsupported_grant_type',
    error_description: 'grant type not supported',
  };
  if ('error' in outcome) return refuseToken(org, outcome);

  counting.counts.logins += 1;
  const id = `${org.instances.login}/id/${identity.orgId}/${identity.userId}`;
  const issuedAt = String(now);
  return jsonReply(200, {
    access_token: org.accessTokens.issue(),
    ...outcome,
    signature: createHmac('sha256', identity.clientSecret).update(`${id}${issuedAt}`).digest('base64'),
    instance_url: org.instances.current,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
  });
}

export function refuseToken({ counting }: Org, refusal: OAuthRefusal): HttpReply {
  counting.counts.loginsRefused += 1;
  return jsonReply(400, refusal);
}

/** A client may name itself by HTTP Basic instead of in the form. */
function basicCredentials({ headers }: HttpRequest, form: URLSearchParams): void {
  const encoded = /^Basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return;
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  form.set('client_id', decodeURIComponent(id));
  form.set('client_secret', decodeURIComponent(secret.join(':')));
}
