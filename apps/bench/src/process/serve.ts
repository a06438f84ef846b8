import type { Answer, Question } from './messages.ts';

/** Makes the calls that whoever started this process asks for, until it lets go. */
export function serve(calls: object): void {
  const byName = new Map(Object.entries(calls) as [string, (...args: readonly unknown[]) => unknown][]);

  async function answer({ name, args }: Question): Promise<Answer> {
    try {
      return { value: await byName.get(name)?.(...args) };
    } catch (error) {
      return { error };
    }
  }

  process.on('message', (question) => {
    void answer(question as Question).then((reply) => process.send?.(reply));
  });
  process.once('disconnect', () => process.exit());
}
