/* Programs of a row that wait for each other: each is a file in the folder of the address. As
 * core/folder-meeting.ts. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>

/* This program is there. */
void arrive(const char* address);

/* Waits until so many are; answers which one of them this is, by their numbers. */
long all_there(const char* address, long count);

/* Leaves a word for whoever waits for it. */
void say(const char* address, const void* word, size_t size);

/* Waits until so many have said a word of a size; they lie one after the other in `words`. */
void hear(const char* address, long count, void* words, size_t size);

#endif
