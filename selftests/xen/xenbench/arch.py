# SPDX-License-Identifier: GPL-2.0
"""What differs between the architectures that the bench emulates; one object each."""

# With SMAP and SMEP a PV dom0 crashes in its first bounce frame. With XSAVE programs, in dom0 and
# in guests, now and then find the base of FS lost when several vCPUs share a CPU, and crash.
CPU_PV = "max,-smap,-smep,-xsave"
# For guests that need SVM: the same, and plainer because Xen trips over RDTSCP here.
CPU_SVM = "qemu64,+svm,+npt,+nrip-save,+ssse3,+sse4.1,+sse4.2,+popcnt,+rdrand"


class Amd64:
    """Xen is a multiboot kernel; dom0's kernel and initramfs are its modules."""

    name = "amd64"
    # Kernels by short name; others are built from source, or are called by their package's name.
    kernels = {"6.12": "linux-image-6.12-amd64", "6.1": "linux-image-amd64"}
    libraries = "lib/x86_64-linux-gnu"
    loader = ("lib64", "ld-linux-x86-64.so.2")
    cross_compile = ""
    tools = ("dom0", "guest", "fio", "qdisk", "oxenstored")
    qemu = "qemu-system-x86_64"
    xen_console = "console=com1 com1=115200,8n1"
    # Where time is not measured: without what makes each entry of Xen longer and protects nobody here.
    quick_xen = "spec-ctrl=no,eager-fpu"

    @staticmethod
    def guest_type(wanted):
        return wanted

    @staticmethod
    def machine(hardware_guests, quick):
        # Kernels and libraries that see ERMS copy and clear with instructions that move one byte a
        # step: emulated, that is eight times the work.
        return ["-cpu", (CPU_SVM if hardware_guests else CPU_PV) + (",-erms" if quick else "")]

    @staticmethod
    def dom0(kernel, line, initrd):
        return ["-initrd", f"{kernel} {line},{initrd}"]


class Arm64:
    """Xen is a Linux-like kernel; dom0's parts lie in memory, and the device tree names them."""

    name = "arm64"
    kernels = {"6.12": "linux-image-6.12-arm64", "6.1": "linux-image-arm64",
               "6.12-16k": "linux-image-6.12-arm64-16k"}
    libraries = "lib/aarch64-linux-gnu"
    loader = ("lib", "ld-linux-aarch64.so.1")
    cross_compile = "aarch64-linux-gnu-"
    tools = ("dom0", "guest", "oxenstored")
    qemu = "qemu-system-aarch64"
    xen_console = "console=dtuart dtuart=/pl011@9000000"
    quick_xen = ""

    @staticmethod
    def guest_type(_):
        """There is but one type, which xl calls pvh."""
        return "pvh"

    @staticmethod
    def machine(_hardware_guests, _quick):
        # The older of QEMU's models have no pages of 16 KB.
        return ["-machine", "virt,virtualization=on,gic-version=2", "-cpu", "cortex-a76"]

    @staticmethod
    def dom0(kernel, line, initrd):
        # 151 MB for the kernel between the two, and the rest of the first gigabyte after them.
        return ["-device", f'guest-loader,addr=0x49000000,kernel={kernel},bootargs="{line}"',
                "-device", f"guest-loader,addr=0x60000000,initrd={initrd}"]


ARCHITECTURES = {arch.name: arch for arch in (Amd64, Arm64)}
