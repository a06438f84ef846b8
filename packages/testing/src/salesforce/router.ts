import type { Bayeux } from './bayeux/bayeux.ts';
import { answerBayeux } from './bayeux/endpoint.ts';
import type { FaultTarget, TokenFault } from './faults/fault.ts';
import { damaged, redirectReply, replyInstead } from './faults/http-faults.ts';
import type { HttpHandler, HttpReply, HttpRequest } from './http/exchange.ts';
import { notFound } from './http/exchange.ts';
import { answerToken, refuseToken } from './oauth/token-endpoint.ts';
import { answerUserInfo } from './oauth/userinfo.ts';
import type { RestOrg } from './rest/rest-call.ts';
import { answerRest } from './rest/rest.ts';

/** Sends each request where it belongs. */
export function router(bayeux: Bayeux): HttpHandler {
  const { org, sessions, allowance } = bayeux;
  const restOrg: RestOrg = {
    log: org.log,
    accepts: org.accessTokens.accepts,
    usage: () => ({
      clients: sessions.alive,
      mostClients: org.settings.concurrentClients,
      delivered: allowance.used,
      mostDelivered: org.settings.deliveredPerDay,
    }),
  };

  async function withFaults(
    target: FaultTarget,
    request: HttpRequest,
    answer: () => HttpReply | undefined,
  ): Promise<HttpReply> {
    const fault = org.faultScript.take([{ target }])?.fault;
    const refused = fault?.kind === 'oauth' ? refusedToken(fault) : undefined;
    return (await replyInstead(org, request, fault)) ?? damaged(refused ?? answer() ?? notFound, fault);
  }

  function refusedToken({ error, description }: TokenFault): HttpReply {
    return refuseToken(org, { error, error_description: description });
  }

  return (request) => {
    org.counting.counts.requests += 1;
    const path = request.url.pathname;
    const moved = request.instance !== org.instances.current && !path.startsWith('/services/oauth2/');
    if (moved) return redirectReply(request.url, org.instances.current, 302);
    if (path.startsWith('/cometd')) return answerBayeux(bayeux, request);
    switch (`${request.method} ${path}`) {
      case 'POST /services/oauth2/token':
        return withFaults('token', request, () => answerToken(org, request));
      case 'GET /services/oauth2/userinfo':
        return withFaults('rest', request, () => answerUserInfo(org, request));
      default:
        return withFaults('rest', request, () => answerRest(restOrg, request));
    }
  };
}
