import type { ConsumerSettings } from './consumer-settings.ts';
import { describeError } from './error-description.ts';
import { MillraceError } from './errors.ts';
import { patternsOverlap } from './pattern.ts';
import { redact } from './redaction.ts';
import type { Registration } from './registry.ts';
import type { SourcePlan } from './source-plan.ts';
import type { Check, Source, VerifyContext } from './source.ts';

/** What handlers and sources have to do with each other, found at start. */
export interface FeedReport {
  /** Types that a source is sent and no handler takes. */
  readonly unhandled: readonly { readonly source: string; readonly type: string }[];
  /** Handlers for which no source sends anything, such as those for a type that no subscription asks for. */
  readonly unfed: readonly { readonly handler: string; readonly patterns: readonly string[] }[];
}

export interface PlannedSource {
  readonly source: Source;
  readonly plan: SourcePlan;
}

/** Runs the source's checks. Throws VERIFY_FAILED with all that failed, or logs them when the source's mode is `warn`. */
export async function verifySource(
  { source, plan }: PlannedSource,
  settings: ConsumerSettings,
  signal: AbortSignal,
): Promise<void> {
  const mode = source.settings.verify ?? 'fail';
  if (mode === 'off' || source.verify === undefined) return;
  const failed: Check[] = [];
  try {
    for await (const check of source.verify(toContext(plan, settings, signal))) {
      if (check.ok) continue;
      if (mode === 'fail' && check.fatal !== false) failed.push(check);
      else
        settings.log.warn(`Check "${check.name}" failed: ${sentence(check)}`, {
          source: source.name,
          code: check.code,
        });
    }
  } catch (cause) {
    const problem = `Source "${source.name}" could not be checked: ${describeError(cause).message}`;
    if (mode === 'fail') throw new MillraceError('VERIFY_FAILED', problem, { cause });
    settings.log.warn(problem, { source: source.name });
  }
  if (failed.length === 0) return;
  // In brackets: before a colon, SQS_CREDENTIALS would be taken for the name of a secret, and what follows be hidden.
  const list = failed.map((check) => `\n- [${check.code ?? check.name}] ${redact(sentence(check))}`).join('');
  throw new MillraceError('VERIFY_FAILED', `Source "${source.name}" can't do its work as things are:${list}`);
}

function sentence({ problem = 'it did not say why.', remedy }: Check): string {
  return remedy === undefined ? problem : `${problem} ${remedy}`;
}

/** Compares what sources are sent with what is handled. A source that can't tell counts as sending everything. */
export async function reportFeeds(
  sources: readonly PlannedSource[],
  registrations: readonly Registration[],
  settings: ConsumerSettings,
  signal: AbortSignal,
): Promise<FeedReport> {
  const fed = await Promise.all(
    sources.map(async ({ source, plan }) => ({
      source: source.name,
      plan,
      types: await eventTypesOf(source, toContext(plan, settings, signal)),
    })),
  );
  const unhandled = fed.flatMap(({ source, plan, types = [] }) =>
    types
      .filter((type) => !plan.takesAll && !plan.patterns.some((pattern) => patternsOverlap(pattern, type)))
      .map((type) => ({ source, type })),
  );
  const unfed = registrations
    .filter((registration) => !fed.some(({ source, types }) => feeds(source, types, registration)))
    .map(({ name, patterns }) => ({ handler: name, patterns }));
  for (const { source, type } of unhandled) {
    settings.log.warn(
      `Source "${source}" is sent "${type}" and no handler takes it. Is the module with its handler imported and registered?`,
    );
  }
  for (const { handler, patterns } of unfed) {
    settings.log.warn(
      `Handler "${handler}" will see nothing: no source sends ${patterns.join(', ') || 'it anything'}.`,
    );
  }
  return { unhandled, unfed };
}

/** The report is for information: a source that can't be asked is no reason not to start. */
async function eventTypesOf(source: Source, context: VerifyContext): Promise<readonly string[] | undefined> {
  try {
    return await source.eventTypes?.(context);
  } catch (error) {
    context.log.warn(`Source "${source.name}" could not tell which event types it is sent.`, { error });
    return undefined;
  }
}

function feeds(
  source: string,
  types: readonly string[] | undefined,
  { sources, isDefault, patterns }: Registration,
): boolean {
  if (sources !== undefined && !sources.includes(source)) return false;
  if (types === undefined || isDefault) return true;
  return patterns.some((pattern) => types.some((type) => patternsOverlap(pattern, type)));
}

function toContext(plan: SourcePlan, settings: ConsumerSettings, signal: AbortSignal): VerifyContext {
  return {
    signal,
    log: settings.log,
    patterns: plan.patterns,
    takesAll: plan.takesAll,
    handlerTimeout: Math.max(0, ...plan.handlers.map(({ timeout }) => timeout ?? 0)),
    attempts: Math.max(0, ...plan.handlers.map(({ retry }) => retry.attempts)),
    retention: settings.idempotency && settings.retention,
  };
}
