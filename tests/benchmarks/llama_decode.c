// llama.cpp's Q4_0: quantizes a GGUF as llama-quantize does, then decodes on one thread and counts CPU seconds, which its
// own llama-bench does not. bench_edge.py compiles it against a build of llama.cpp.
//
//     llama_decode whole.gguf q4_0.gguf TOKENS     prints tokens per CPU second
#include "llama.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void hush(enum ggml_log_level level, const char * text, void * data) {
    (void) data;
    if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

int main(int count, char ** words) {
    if (count != 4) return 2;
    llama_log_set(hush, NULL);
    llama_backend_init();
    FILE * made = fopen(words[2], "rb");
    if (made) {
        fclose(made);
    } else {
        struct llama_model_quantize_params how = llama_model_quantize_default_params();
        how.ftype = LLAMA_FTYPE_MOSTLY_Q4_0;
        how.nthread = 1;
        if (llama_model_quantize(words[1], words[2], &how)) return 3;
    }
    struct llama_model * model = llama_model_load_from_file(words[2], llama_model_default_params());
    if (!model) return 4;
    struct llama_context_params settings = llama_context_default_params();
    settings.n_ctx = 512;
    settings.n_threads = settings.n_threads_batch = 1;
    struct llama_context * context = llama_init_from_model(model, settings);
    llama_token row[16];
    for (int i = 0; i < 16; i++) row[i] = 10 + i;
    if (!context || llama_decode(context, llama_batch_get_one(row, 16))) return 5;
    const int width = llama_vocab_n_tokens(llama_model_get_vocab(model)), tokens = atoi(words[3]);
    const double started = cpu_seconds();
    for (int step = 0; step < tokens; step++) {
        const float * logits = llama_get_logits_ith(context, -1);
        llama_token best = 0;
        for (int each = 1; each < width; each++) if (logits[each] > logits[best]) best = each;
        if (llama_decode(context, llama_batch_get_one(&best, 1))) return 6;
    }
    printf("%f\n", tokens / (cpu_seconds() - started));
    return 0;
}
