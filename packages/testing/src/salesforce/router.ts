import type { Bayeux } from './bayeux/bayeux.ts';
import { answerBayeux } from './bayeux/endpoint.ts';
import type { FaultTarget } from './faults/fault.ts';
import { damaged, replyInstead } from './faults/http-faults.ts';
import type { HttpHandler, HttpReply, HttpRequest } from './http/exchange.ts';
import { jsonReply } from './http/exchange.ts';
import { answerToken, refuseToken } from './oauth/token-endpoint.ts';
import { answerUserInfo } from './oauth/userinfo.ts';
import { versionList } from './versions.ts';

/** Sends each request where it belongs. */
export function router(bayeux: Bayeux): HttpHandler {
  const { org } = bayeux;

  function withFaults(target: FaultTarget, request: HttpRequest, answer: () => HttpReply): HttpReply {
    const fault = org.faultScript.take([{ target }])?.fault;
    const refused = fault?.kind === 'oauth' ? refusedToken(fault) : undefined;
    return replyInstead(org, request, fault) ?? damaged(refused ?? answer(), fault);
  }

  function refusedToken({
    error,
    description,
  }: {
    readonly error: string;
    readonly description: string;
  }): HttpReply {
    return refuseToken(org, { error, error_description: description });
  }

  return (request) => {
    org.counting.counts.requests += 1;
    const path = request.url.pathname;
    if (path.startsWith('/cometd')) return answerBayeux(bayeux, request);
    switch (`${request.method} ${path}`) {
      case 'POST /services/oauth2/token':
        return withFaults('token', request, () => answerToken(org, request));
      case 'GET /services/oauth2/userinfo':
        return withFaults('rest', request, () => answerUserInfo(org, request));
      case 'GET /services/data':
      case 'GET /services/data/':
        return withFaults('rest', request, () => jsonReply(200, versionList()));
      default:
        return undefined;
    }
  };
}
