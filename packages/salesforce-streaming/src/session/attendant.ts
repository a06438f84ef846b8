/** Does work beside the polls, once at a time, whenever there may be some. */
export interface Attendant {
  /** There may be something to do. */
  attend(): void;
  /** From now on, and at once. */
  begin(): void;
  /** Resolves when nothing is under way; nothing begins until `begin`. */
  rest(): Promise<void>;
}

export function createAttendant(work: () => Promise<void>): Attendant {
  let active = false;
  let again = false;
  let working: Promise<void> | undefined;

  async function workOff(): Promise<void> {
    do {
      again = false;
      await work();
    } while (again && active);
    working = undefined;
  }

  function attend(): void {
    if (!active) return;
    again = true;
    working ??= workOff();
  }

  return {
    attend,
    begin() {
      active = true;
      attend();
    },
    async rest() {
      active = false;
      await working;
    },
  };
}
