import { describe } from 'vitest';

describe.todo('diagnostics');
