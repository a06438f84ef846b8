import { describe } from 'vitest';

describe.todo('transactions');
