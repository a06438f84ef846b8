import type { OptionChecks } from '../option-checks.ts';

export interface BroadcasterAddress {
  /** Its base, such as `http://localhost:3003` or `https://events.example/pubsub`: `/v1/notify` and others are appended. */
  readonly url: string;
  /**
   * Lower ones are tried first; among the same, at random.
   * @default after all that have one
   */
  readonly priority?: number;
}

/** One that can be called. */
export interface Broadcaster {
  /** Without a slash at the end. */
  readonly base: string;
  readonly priority: number;
}

/** Throws PUBSUB_OPTIONS. */
export function checkBroadcasters(check: OptionChecks, broadcasters: unknown): readonly Broadcaster[] {
  if (!Array.isArray(broadcasters) || broadcasters.length === 0) {
    return check.fail('"broadcasters" must be a list such as [{ url: "http://localhost:3003" }]');
  }
  const checked = broadcasters.map((it: Partial<BroadcasterAddress> | undefined) => {
    const priority: unknown = it?.priority ?? Infinity;
    if (typeof priority !== 'number' || Number.isNaN(priority)) {
      return check.fail('the "priority" of a broadcaster must be a number');
    }
    return { base: baseOf(check, it?.url), priority };
  });
  if (new Set(checked.map(({ base }) => base)).size < checked.length) {
    check.fail('"broadcasters" names one of them twice');
  }
  return checked;
}

/** Those with the lowest priority first, in an order of their own each time. */
export function inTurn(broadcasters: readonly Broadcaster[], random: () => number): readonly Broadcaster[] {
  return broadcasters
    .map((broadcaster) => ({ broadcaster, lot: random() }))
    .sort(
      (one, other) => compare(one.broadcaster.priority, other.broadcaster.priority) || one.lot - other.lot,
    )
    .map(({ broadcaster }) => broadcaster);
}

/** Infinities have no difference. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function baseOf(check: OptionChecks, text: unknown): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    return check.fail(
      'the "url" of a broadcaster must begin with http:// or https://, without credentials, query and fragment',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
