/* What Swift needs of libFuzzer (compiler-rt, FuzzerInterface.h). */
#ifndef CFUZZER_H
#define CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/* Runs the fuzzer with a program's arguments; returns its exit status. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test_one_input)(const uint8_t *data, size_t size));

/* Defined by each fuzz target in Swift. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
