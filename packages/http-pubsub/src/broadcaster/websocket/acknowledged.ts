import { malformed } from '../../wire/codec/malformed.ts';
import { sameBytes } from '../../websocket/same-bytes.ts';

/** What a socket has been sent and has to acknowledge, in this order. */
export type Awaited =
  | { readonly kind: 'continue-receive'; readonly identifier: Uint8Array; readonly part: number }
  | { readonly kind: 'confirm-receive'; readonly identifier: Uint8Array };

export interface AcknowledgementWindow {
  /** Waits until fewer than the limit are open, or the socket has ended, and takes a place. */
  reserve(awaited: Awaited): Promise<void>;
  /** Throws PUBSUB_MALFORMED when something else is due. */
  acknowledge(given: Awaited): void;
  readonly open: number;
  end(): void;
}

export function createAcknowledgementWindow(limit: number): AcknowledgementWindow {
  const line: Awaited[] = [];
  let ended = false;
  let wake = () => {};

  return {
    get open() {
      return line.length;
    },
    async reserve(awaited) {
      while (line.length >= limit && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      line.push(awaited);
    },
    acknowledge(given) {
      const due = line.shift();
      if (due === undefined || !isSame(due, given)) throw malformed(`${given.kind} is not what was due`);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
  };
}

function isSame(due: Awaited, given: Awaited): boolean {
  if (due.kind !== given.kind || !sameBytes(due.identifier, given.identifier)) return false;
  return due.kind !== 'continue-receive' || given.kind !== 'continue-receive' || due.part === given.part;
}
