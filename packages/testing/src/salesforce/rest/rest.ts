import type { HttpReply, HttpRequest } from '../http/exchange.ts';
import { bearerOf, jsonReply } from '../http/exchange.ts';
import { serves, versionList } from '../versions.ts';
import { createCollection } from './collections.ts';
import { batch, composite } from './composite.ts';
import { limits } from './limits.ts';
import { query } from './query.ts';
import type { RestCall, RestOrg, RestReply, RestResource } from './rest-call.ts';
import { invalidSession, methodNotAllowed, notFound, RestFailure } from './rest-error.ts';
import { createEvent, describeEvent } from './sobject.ts';
import { pushToChannel } from './streaming-channel.ts';
import { metadata, records } from './tables.ts';

const resources: readonly (readonly [RegExp, RestResource])[] = [
  [/^sobjects\/StreamingChannel\/(\w+)\/push$/, pushToChannel],
  [/^sobjects\/(\w+)$/, createEvent],
  [/^sobjects\/(\w+)\/describe$/, describeEvent],
  [/^composite\/sobjects$/, createCollection],
  [/^composite\/batch$/, batch(answerCall)],
  [/^composite$/, composite(answerCall)],
  [/^query$/, query(records)],
  [/^tooling\/query$/, query(metadata)],
  [/^limits$/, limits],
];

/** `/services/data` and all that is below. */
export function answerRest(org: RestOrg, request: HttpRequest): HttpReply {
  const { pathname, searchParams } = request.url;
  if (/^\/services\/data\/?$/.test(pathname)) return versions(request.method);
  const [, version, path] = /^\/services\/data\/v(\d+)\.0\/(.+?)\/?$/.exec(pathname) ?? [];
  if (version === undefined || path === undefined) return written(notFound().reply);
  if (!org.accepts(bearerOf(request))) return written(invalidSession);
  const { method, body } = request;
  const call = { method, version: Number(version), path, query: searchParams, body: body.toString() };
  return written(answerCall(org, call));
}

/** Everybody may see it. REST API guide: "Versions". */
function versions(method: string): HttpReply {
  return method === 'GET'
    ? jsonReply(200, versionList())
    : written(methodNotAllowed(method, ['GET', 'HEAD']).reply);
}

function answerCall(org: RestOrg, call: RestCall): RestReply {
  try {
    for (const [path, resource] of resources) {
      const match = path.exec(call.path);
      if (match && serves(call.version)) return resource(org, call, match.slice(1));
    }
    throw notFound();
  } catch (error) {
    if (error instanceof RestFailure) return error.reply;
    throw error;
  }
}

function written({ status, body }: RestReply): HttpReply {
  return jsonReply(status, body);
}
