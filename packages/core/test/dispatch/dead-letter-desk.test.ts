import { describe } from 'vitest';

describe.todo('dead-letter-desk');
