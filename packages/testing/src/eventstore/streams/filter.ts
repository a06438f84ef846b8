import { refusals, statusOf } from '../refusal.ts';
import type { RecordedEvent } from '../store/recorded-event.ts';

/** Which events of `$all` a reader wants. */
export interface Filter {
  matches(event: RecordedEvent): boolean;
  /** A subscription tells where it stands each time it has looked at so many events. */
  readonly checkpointEvery: number;
}

/** A filter on the wire: of reads and of persistent subscriptions. */
interface FilterOptions {
  hasStreamIdentifier(): boolean;
  getStreamIdentifier(): Expression | undefined;
  getEventType(): Expression | undefined;
  hasMax(): boolean;
  getMax(): number;
  getCheckpointintervalmultiplier(): number;
}

interface Expression {
  getRegex(): string;
  getPrefixList(): readonly string[];
}

/** The search window where the client sets none. */
const defaultWindow = 32;

/** Throws a refusal when the filter makes no sense. */
export function filterOf(options: FilterOptions): Filter {
  const byStream = options.hasStreamIdentifier();
  const expression = byStream ? options.getStreamIdentifier() : options.getEventType();
  const multiplier = options.getCheckpointintervalmultiplier();
  if (!expression)
    throw statusOf(refusals.invalidArgument('The filter says neither streams nor event types.'));
  if (multiplier < 1) {
    throw statusOf(refusals.invalidArgument(`'${multiplier}' is not a valid CheckpointIntervalMultiplier`));
  }
  const matches = textMatcher(expression);
  return {
    matches: byStream ? (event) => matches(event.stream) : (event) => matches(event.type),
    checkpointEvery: (options.hasMax() ? options.getMax() : defaultWindow) * multiplier,
  };
}

function textMatcher(expression: Expression): (text: string) => boolean {
  const prefixes = expression.getPrefixList();
  if (prefixes.length > 0) return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  try {
    const regex = new RegExp(expression.getRegex());
    return (text) => regex.test(text);
  } catch {
    throw statusOf(refusals.invalidArgument(`Invalid pattern '${expression.getRegex()}'.`));
  }
}
