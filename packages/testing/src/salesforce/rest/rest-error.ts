import type { RestReply } from './rest-call.ts';

/** An element of the array that every error reply is. REST API guide: "Status Codes and Error Responses". */
export interface RestError {
  readonly errorCode: string;
  readonly message: string;
  readonly fields?: readonly string[];
}

/** An answer other than the wished one, thrown where it is found and answered at the top. */
export class RestFailure extends Error {
  readonly reply: RestReply;

  constructor(status: number, error: RestError) {
    super(error.message);
    this.reply = { status, body: [error] };
  }
}

export function notFound(): RestFailure {
  return new RestFailure(404, { errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' });
}

export function methodNotAllowed(method: string, allowed: readonly string[]): RestFailure {
  return new RestFailure(405, {
    errorCode: 'METHOD_NOT_ALLOWED',
    message: `HTTP Method '${method}' not allowed. Allowed are ${allowed.join(',')}`,
  });
}

export function unreadable(message: string): RestFailure {
  return new RestFailure(400, { errorCode: 'JSON_PARSER_ERROR', message });
}

export const invalidSession: RestReply = {
  status: 401,
  body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' } satisfies RestError],
};
