import type { Refusal } from '../refusal.ts';
import { statusOf } from '../refusal.ts';

/** What is needed of a gRPC call to answer it with a stream. */
interface AnsweringCall<Response> {
  write(response: Response): boolean;
  end(): void;
  emit(event: 'error', error: Error): boolean;
  on(event: string, listener: () => void): unknown;
}

/** The responses of one call that streams them. */
export interface Responses<Response> {
  /** Aborts when the call is over, whoever ended it. */
  readonly over: AbortSignal;
  /** Answers false when there is no room for more: wait for `room`. */
  write(response: Response): boolean;
  /** Resolves when there is room again, or when the call is over. For one at a time. */
  room(): Promise<void>;
  /** With a refusal, or as if all had been said. */
  end(refusal?: Refusal): void;
  /** With what `statusOf` made; any other error is one that the client knows nothing about. */
  fail(error: Error): void;
  /** From now on the client gets nothing any more, and is not told. */
  silence(): void;
}

export function responsesOf<Response>(call: AnsweringCall<Response>): Responses<Response> {
  const over = new AbortController();
  let silent = false;
  let ready: (() => void) | undefined;
  const finish = () => {
    over.abort();
    ready?.();
  };
  function fail(error: Error): void {
    if (over.signal.aborted) return;
    finish();
    call.emit('error', error);
  }

  for (const event of ['cancelled', 'close', 'error']) call.on(event, finish);
  call.on('drain', () => ready?.());
  return {
    over: over.signal,
    write(response) {
      if (over.signal.aborted) return false;
      return silent || call.write(response);
    },
    room() {
      return new Promise((resolve) => {
        if (over.signal.aborted) resolve();
        else ready = resolve;
      });
    },
    end(refusal) {
      if (refusal) return fail(statusOf(refusal));
      if (over.signal.aborted) return;
      finish();
      call.end();
    },
    fail,
    silence() {
      silent = true;
    },
  };
}
