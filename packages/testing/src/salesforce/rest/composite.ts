import type { Fields } from '../event-log/event.ts';
import { exactInteger } from '../event-log/json.ts';
import { objectIn, objectsIn } from './json-body.ts';
import type { RestCall, RestOrg, RestReply, RestResource } from './rest-call.ts';
import { methodNotAllowed, RestFailure, unreadable } from './rest-error.ts';

/** REST API guide, "Composite": so many parts in one request. */
const most = 25;

type Answer = (org: RestOrg, call: RestCall) => RestReply;

/** `POST composite/batch`: parts that know nothing of each other, answered in their order. */
export function batch(answer: Answer): RestResource {
  return (org, { method, body }) => {
    if (method !== 'POST') throw methodNotAllowed(method, ['HEAD', 'POST']);
    const request = objectIn(body);
    const calls = partsOf(request, 'batchRequests', 'richInput', /^\/?(?:services\/data\/)?v(\d+)\.0\//);
    let halted = false;
    const results = calls.map((call) => {
      const { status, body: result } = halted ? haltedReply : answer(org, call);
      halted ||= request['haltOnError'] === true && status >= 400;
      return { statusCode: status, result };
    });
    return { status: 200, body: { hasErrors: results.some(({ statusCode }) => statusCode >= 400), results } };
  };
}

/** `POST composite`: like a batch, with names for its parts. References from one to another are not understood. */
export function composite(answer: Answer): RestResource {
  return (org, { method, body }) => {
    if (method !== 'POST') throw methodNotAllowed(method, ['HEAD', 'GET', 'POST']);
    const request = objectIn(body);
    const parts = objectsIn(request, 'compositeRequest');
    const calls = partsOf(request, 'compositeRequest', 'body', /^\/services\/data\/v(\d+)\.0\//);
    const compositeResponse = calls.map((call, index) => {
      const { status, body: result } = answer(org, call);
      return {
        body: result,
        httpHeaders: {},
        httpStatusCode: status,
        referenceId: parts[index]?.['referenceId'],
      };
    });
    return { status: 200, body: { compositeResponse } };
  };
}

function partsOf(request: Fields, name: string, input: string, prefix: RegExp): readonly RestCall[] {
  const parts = objectsIn(request, name);
  if (parts.length > most) {
    throw new RestFailure(400, {
      errorCode: 'LIMIT_EXCEEDED',
      message: `Too many subrequests: ${parts.length}, ${most} are allowed`,
    });
  }
  return parts.map(({ method, url, ...rest }) => {
    if (typeof method !== 'string' || typeof url !== 'string')
      throw unreadable(`"${name}" needs method and url`);
    const version = prefix.exec(url);
    if (!version) throw unreadable(`Invalid url: ${url}`);
    const { pathname, searchParams } = new URL(url.slice(version[0].length), 'http://part/');
    return {
      method,
      version: Number(version[1]),
      path: pathname.replace(/^\/|\/$/g, ''),
      query: searchParams,
      body: rest[input] === undefined ? '' : JSON.stringify(rest[input], exactly),
    };
  });
}

/** Integers beyond 2^53 were read as bigints, and are written as they came. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? exactInteger(value) : value;
}

/** REST API guide, "Batch Request Body": for each part after the one that failed. */
const haltedReply: RestReply = {
  status: 412,
  body: [
    {
      errorCode: 'BATCH_PROCESSING_HALTED',
      message: 'Batch processing halted per request, remaining subrequests have been skipped.',
    },
  ],
};
