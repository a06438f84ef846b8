export interface Standing {
  readonly effects: number;
  /** Effects that there will be when all is done. */
  readonly expected: number;
  /** Messages that are still in the queues. */
  readonly backlog: number;
}

/** Tells what happens: how far things are is one line that is redrawn on a terminal, and a line a tenth elsewhere. */
export interface Narrator {
  say(text: string): void;
  standing(standing: Standing): void;
}

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const clearLine = '\r\u001B[2K';
const barWidth = 20;

export function createNarrator(output: Output): Narrator {
  let tenths = 0;
  const redraw = output.isTTY === true;
  return {
    say(text) {
      output.write(`${redraw ? clearLine : ''}${text}\n`);
    },
    standing({ effects, expected, backlog }) {
      const share = Math.min(1, effects / expected);
      const numbers = `${percent(share)}  ${grouped(effects)} of ${grouped(expected)} effects, ${grouped(backlog)} queued`;
      if (redraw) {
        const filled = Math.round(share * barWidth);
        output.write(`${clearLine}  ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${numbers}`);
      } else if (Math.floor(share * 10) > tenths) {
        tenths = Math.floor(share * 10);
        output.write(`  ${numbers}\n`);
      }
    },
  };
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`.padStart(5);
}

/** 12345 → 12,345 */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
