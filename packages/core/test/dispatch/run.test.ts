import { describe } from 'vitest';

describe.todo('run');
