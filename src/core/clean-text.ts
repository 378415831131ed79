/** Whether `text` has no U+0000, which PostgreSQL cannot keep, and no lone surrogate, which UTF-8 cannot carry (A34). */
export const isClean = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
