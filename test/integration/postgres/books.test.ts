import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Books } from '../../support/books/books.js';
import { describeBooks } from '../../support/books/books-behavior.js';
import { createPostgresBooks } from '../../support/books/postgres-books.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let books: Books;
beforeAll(async () => {
  stack = await startStack();
  books = createPostgresBooks(stack.database);
});
afterAll(async () => stack?.close());

describe('the books in PostgreSQL', () => describeBooks(() => books));
