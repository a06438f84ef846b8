import type { HttpReply, HttpRequest } from '../http/exchange.ts';
import { bearerOf, jsonReply, textReply } from '../http/exchange.ts';
import type { Org } from '../org.ts';

/** `GET /services/oauth2/userinfo` */
export function answerUserInfo({ identity, accessTokens, instances }: Org, request: HttpRequest): HttpReply {
  if (!accessTokens.accepts(bearerOf(request))) return textReply(403, 'Bad_OAuth_Token');
  const { orgId, userId, username } = identity;
  return jsonReply(200, {
    sub: `${instances.login}/id/${orgId}/${userId}`,
    user_id: userId,
    organization_id: orgId,
    preferred_username: username,
    email: username,
    active: true,
  });
}
