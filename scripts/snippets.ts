import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './repository.ts';

/** One fenced block of a Markdown page. */
interface Snippet {
  readonly language: string;
  /** The rest of the opening fence: `run`, `continued`. */
  readonly words: readonly string[];
  readonly lines: readonly string[];
  /** Line of the page that `lines` begin on, counted from 0. */
  readonly start: number;
}

export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

export function readPages(): readonly Page[] {
  return globSync(['*.md', 'docs/**/*.md', '{packages,apps}/*/README.md'], { cwd: repository })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

function snippetsOf({ path, text }: Page): readonly Snippet[] {
  const snippets: Snippet[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const opening = /^ *(`{3,})(\S*)(.*)$/.exec(lines[at] ?? '');
    if (opening === null) continue;
    const [, fence = '', language = '', rest = ''] = opening;
    const start = at + 1;
    const end = lines.findIndex((line, index) => index >= start && line.trim() === fence);
    if (end === -1) throw new Error(`${path}:${start}: this block is never closed.`);
    snippets.push({
      language,
      words: rest.split(/\s+/).filter(Boolean),
      lines: lines.slice(start, end),
      start,
    });
    at = end;
  }
  return snippets;
}

export interface Program {
  readonly page: string;
  /** Line of the page that it begins on, counted from 1. */
  readonly line: number;
  readonly run: boolean;
  /** Stands on the same lines as in the page, so that the line of an error is the page's. */
  readonly code: string;
}

/** The TypeScript of a page. A block called `continued` goes on with the program of the block before it. */
export function programsOf(page: Page): readonly Program[] {
  const chains: Snippet[][] = [];
  for (const snippet of snippetsOf(page).filter(({ language }) => language === 'ts')) {
    const unknown = snippet.words.find((word) => word !== 'run' && word !== 'continued');
    if (unknown !== undefined)
      throw new Error(`${page.path}:${snippet.start}: "ts ${unknown}" means nothing.`);
    const last = chains.at(-1);
    if (snippet.words.includes('continued') && last !== undefined) last.push(snippet);
    else chains.push([snippet]);
  }
  return chains.map((chain) => toProgram(page, chain));
}

function toProgram(page: Page, chain: readonly Snippet[]): Program {
  const lines: string[] = [];
  for (const { start, lines: code } of chain) {
    while (lines.length < start) lines.push('');
    lines.push(...code);
  }
  return {
    page: page.path,
    line: (chain[0]?.start ?? 0) + 1,
    run: chain.some(({ words }) => words.includes('run')),
    // A module, also when it imports nothing: top-level `await` is allowed then.
    code: `${lines.join('\n')}\nexport {};\n`,
  };
}

/** The commands of a page: the lines of its shell blocks, and those of this workspace that stand in running text. */
export function commandsOf(page: Page): readonly string[] {
  const inText = [...page.text.matchAll(/`((?:npx -y pnpm@12|bash) [^`\n]+)`/g)].map(
    ([, command = '']) => command,
  );
  const inBlocks = snippetsOf(page)
    .filter(({ language }) => ['sh', 'bash', 'shell', 'console'].includes(language))
    .flatMap(({ lines }) => lines)
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !line.startsWith('#'));
  return [...new Set([...inBlocks, ...inText])];
}
