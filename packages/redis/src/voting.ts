import type { Answer, Node, Question, Row, Task } from './connection/node.ts';
import { unavailable } from './errors.ts';

export function majorityOf(nodes: readonly Node[]): number {
  return Math.floor(nodes.length / 2) + 1;
}

export function isRow(answer: Answer): answer is Row {
  return !(answer instanceof Error);
}

/** Decides one key by the votes so far; undefined: wait for the outstanding ones. With none outstanding it has to decide. */
export type Decide<Decision> = (votes: readonly Answer[], outstanding: number) => Decision | undefined;

export interface Poll<Decision> {
  /** One for each key, as soon as all are decided: a node that hangs holds nobody up who does without it. */
  readonly decisions: Promise<readonly Decision[]>;
  /** What each node says, whenever it does. */
  readonly answers: readonly Promise<readonly Answer[]>[];
}

/** Puts a question to all nodes at once. It has to be about one key at least. */
export function poll<Decision>(
  nodes: readonly Node[],
  question: Question,
  decide: Decide<Decision>,
): Poll<Decision> {
  const answers = nodes.map((node) => node.ask(question));
  return { answers, decisions: count(answers, question.keys.length, decide) };
}

function count<Decision>(
  answers: readonly Promise<readonly Answer[]>[],
  questions: number,
  decide: Decide<Decision>,
): Promise<readonly Decision[]> {
  const [only] = answers;
  if (answers.length === 1 && only !== undefined) {
    // With nothing outstanding each vote decides.
    return only.then((rows) => rows.map((row) => decide([row], 0) as Decision));
  }
  const votes = Array.from({ length: questions }, (): Answer[] => []);
  const decisions = new Map<number, Decision>();
  let outstanding = answers.length;
  return new Promise((resolve, reject) => {
    for (const answer of answers) {
      answer.then((rows) => {
        outstanding -= 1;
        votes.forEach((cast, index) => {
          const row = rows[index];
          if (row === undefined || decisions.has(index)) return;
          cast.push(row);
          const decision = decide(cast, outstanding);
          if (decision !== undefined) decisions.set(index, decision);
        });
        if (decisions.size === questions) resolve(votes.map((_, index) => decisions.get(index) as Decision));
      }, reject);
    }
  });
}

/** Why a question has no answer. */
export type Undecided = readonly Error[];

/** For questions that a node answers with 1 or 0. */
export function decideYesOrNo(nodes: readonly Node[]): Decide<boolean | Undecided> {
  const majority = majorityOf(nodes);
  return (votes, outstanding) => {
    const [vote] = votes;
    if (majority === 1 && vote !== undefined && isRow(vote)) return vote[0] === 1;
    const errors = votes.filter((vote) => vote instanceof Error);
    const yes = votes.filter((vote) => isRow(vote) && vote[0] === 1).length;
    const no = votes.length - errors.length - yes;
    if (yes >= majority) return true;
    if (no > nodes.length - majority) return false;
    return outstanding > 0 ? undefined : errors;
  };
}

/** The answers of all keys, or STORE_UNAVAILABLE when one of them has none. */
export async function yesOrNo(nodes: readonly Node[], question: Question): Promise<readonly boolean[]> {
  if (question.keys.length === 0) return [];
  const decisions = await poll(nodes, question, decideYesOrNo(nodes)).decisions;
  const undecided = decisions.filter((decision) => typeof decision !== 'boolean').flat();
  if (undecided.length > 0) throw unavailable(undecided);
  return decisions.map((decision) => decision === true);
}

/** What the first nodes to answer say, a majority of all. Rejects with STORE_UNAVAILABLE when there is none. */
export async function askMajority(nodes: readonly Node[], task: Task): Promise<readonly Row[]> {
  const majority = majorityOf(nodes);
  const answers = nodes.map(async (node) => [await node.run(task)]);
  const [decision] = await count(answers, 1, (votes, outstanding) => {
    const rows = votes.filter(isRow);
    const failed = votes.filter((vote) => vote instanceof Error);
    return rows.length >= majority || outstanding === 0 ? { rows, failed } : undefined;
  });
  if (decision === undefined || decision.rows.length < majority) throw unavailable(decision?.failed ?? []);
  return decision.rows;
}
