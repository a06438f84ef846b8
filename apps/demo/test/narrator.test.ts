import { describe, expect, it } from 'vitest';
import { createNarrator } from '../src/narrator.ts';

function output({ isTTY }: { readonly isTTY: boolean }) {
  let text = '';
  return {
    isTTY,
    write: (more: string) => (text += more),
    get text() {
      return text;
    },
  };
}

describe('the narrator', () => {
  it('writes a line for every tenth where lines stay', () => {
    const piped = output({ isTTY: false });
    const { say, standing } = createNarrator(piped);
    say('It begins.');
    for (let effects = 0; effects <= 2_000; effects += 1) standing({ effects, expected: 2_000, backlog: 7 });
    const lines = piped.text.trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('  100 %  2,000 of 2,000 effects, 7 queued');
  });

  it('redraws one line on a terminal, short enough for 80 columns', () => {
    const terminal = output({ isTTY: true });
    const { standing } = createNarrator(terminal);
    standing({ effects: 99_999, expected: 99_999, backlog: 99_999 });
    standing({ effects: 99_999, expected: 99_999, backlog: 0 });
    expect(terminal.text).not.toContain('\n');
    const drawn = terminal.text.split('\r\u001B[2K').slice(1);
    expect(drawn).toHaveLength(2);
    for (const line of drawn) expect(line.length).toBeLessThan(80);
  });
});
