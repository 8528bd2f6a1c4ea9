/* The one library that wine 8 lacks and that Rust's standard library asks for: random bytes. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        /* SystemFunction036 of advapi32. It cannot fail, and neither may this. */
        if (!RtlGenRandom(data, part))
            ExitProcess(1);
        data += part;
        length -= part;
    }
    return TRUE;
}
