import type { Random } from './random.ts';

/** Mixes stories, each of which stays in its order. */
export function interleave<Event>(stories: readonly Event[][], random: Random): Event[] {
  const remaining = stories.map((story) => story.values());
  const mixed: Event[] = [];
  while (remaining.length > 0) {
    const index = random.between(0, remaining.length - 1);
    const next = remaining[index]?.next();
    if (next && !next.done) mixed.push(next.value);
    else remaining.splice(index, 1);
  }
  return mixed;
}
