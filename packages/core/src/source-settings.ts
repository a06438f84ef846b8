import { MillraceError } from './errors.ts';
import { optionChecks } from './option-checks.ts';
import { checkRetryOptions } from './retry-policy.ts';
import type { Source } from './source.ts';

/** Checks the sources of a consumer and the settings that every source has. Adapters check those of their own. */
export function checkSources(sources: readonly Source[]): void {
  if (!isFilledList(sources)) {
    throw new MillraceError('CONSUMER_OPTIONS', 'createConsumer: "sources" must list at least one source.');
  }
  const names = new Set<string>();
  for (const source of sources) {
    checkSource(source);
    if (names.has(source.name)) {
      throw new MillraceError(
        'CONSUMER_OPTIONS',
        `createConsumer: two sources are named "${source.name}"; give one another name with the option "name".`,
      );
    }
    names.add(source.name);
  }
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function checkSource(source: Source): void {
  if (
    typeof source?.open !== 'function' ||
    typeof source.capabilities !== 'object' ||
    typeof source.settings !== 'object'
  ) {
    throw new MillraceError(
      'SOURCE_OPTIONS',
      'What was given as a source is none. An adapter makes them, such as sqs({ queue: "orders" }).',
    );
  }
  const { name, settings } = source;
  const check = optionChecks(
    (problem) => new MillraceError('SOURCE_OPTIONS', `Source "${name}": ${problem}.`),
  );
  check.text('name', name ?? '');
  check.wholeNumber('concurrency', settings.concurrency, 1);
  check.wholeNumber('prefetch', settings.prefetch, 0);
  checkRetryOptions(check, settings.retry);
  check.oneOf('unhandled', settings.unhandled, ['dead-letter', 'ignore']);
  check.oneOf('verify', settings.verify, ['fail', 'warn', 'off']);
  check.oneOf('onInvalidPosition', settings.onInvalidPosition, ['earliest', 'latest', 'fail']);
  check.oneOf('commit', settings.commit, ['automatic', 'manual']);
  if (settings.commit === 'manual' && source.capabilities.position === 'none') {
    throw new MillraceError(
      'CAPABILITY_MISSING',
      `Source "${name}" has no positions, so there is nothing to commit: leave out "commit".`,
    );
  }
  if (settings.start !== undefined && !isStart(settings.start)) {
    throw new MillraceError(
      'SOURCE_OPTIONS',
      `Source "${name}": "start" must be "latest", "earliest", { after: position } or { at: date }.`,
    );
  }
}

function isStart(start: unknown): boolean {
  if (start === 'latest' || start === 'earliest') return true;
  if (typeof start !== 'object' || start === null) return false;
  if ('after' in start) return typeof start.after === 'string' && start.after !== '';
  return 'at' in start && start.at instanceof Date && !Number.isNaN(start.at.getTime());
}
